import { noPrize } from "../../campaign/campaign.ts";
import type { EntryFilter, Mark } from "../entries.ts";
import type { Entry, EntryKey } from "../ledger.ts";
import type { Queries } from "./database.ts";
import { type EntryQuery, inOrder } from "./entries.ts";

/** Of a campaign's entries, or of a user's in it, those that the rest of a filter lets through. */
export async function listEntries(
  queries: Queries,
  all: EntryQuery,
  { fromMark, toMark, fromMs, toMs, withPrize }: EntryFilter,
  after: EntryKey | undefined,
  limit: number,
): Promise<Entry[]> {
  let query = all;
  if (fromMs !== undefined) query = query.where("time_ms", ">=", fromMs);
  if (toMs !== undefined) query = query.where("time_ms", "<", toMs);
  if (withPrize) query = query.where("prize_no", "<", noPrize);
  if (!fromMark && !toMark) return inOrder(query, after, limit);

  const ends = (toMark ?? (await entryMark(queries))).toSorted((a, b) => a.partitionNo - b.partitionNo);
  const entries: Entry[] = [];
  for (const end of ends) {
    const { partitionNo } = end;
    if (after && after.partitionNo > partitionNo) continue;
    const from = fromMark?.find((mark) => mark.partitionNo === partitionNo);
    const start = later(
      from && { ...from, i: Number.MAX_SAFE_INTEGER },
      after?.partitionNo === partitionNo ? after : undefined,
    );
    for (const range of ranges(query.where("partition_no", "=", partitionNo), start, end)) {
      if (entries.length === limit) return entries;
      entries.push(...(await inOrder(range, undefined, limit - entries.length)));
    }
  }
  return entries;
}

function later(a: EntryKey | undefined, b: EntryKey | undefined): EntryKey | undefined {
  if (!a || !b) return a ?? b;
  return (a.epoch - b.epoch || a.n - b.n || a.i - b.i) > 0 ? a : b;
}

/** A partition's entries above a key, up to a mark and with it, in their order: each query is a range of the index. */
function* ranges(
  query: EntryQuery,
  start: EntryKey | undefined,
  end: { epoch: number; n: number },
): Iterable<EntryQuery> {
  const ofEpoch = (epoch: number) => query.where("epoch", "=", epoch);
  if (start?.epoch === end.epoch) {
    if (start.n <= end.n) yield ofEpoch(end.epoch).where("n", "=", start.n).where("i", ">", start.i);
    yield ofEpoch(end.epoch).where("n", ">", start.n).where("n", "<=", end.n);
    return;
  }
  if (start && start.epoch > end.epoch) return;
  if (start) {
    yield ofEpoch(start.epoch).where("n", "=", start.n).where("i", ">", start.i);
    yield ofEpoch(start.epoch).where("n", ">", start.n);
    yield query.where("epoch", ">", start.epoch).where("epoch", "<", end.epoch);
  } else {
    yield query.where("epoch", "<", end.epoch);
  }
  yield ofEpoch(end.epoch).where("n", "<=", end.n);
}

export async function entryMark(queries: Queries): Promise<Mark> {
  const rows = await queries
    .selectFrom("partition_state")
    .select(["no", "high_epoch", "high_n"])
    .orderBy("no")
    .execute();
  return rows.map((row) => ({ partitionNo: row.no, epoch: row.high_epoch, n: row.high_n }));
}
