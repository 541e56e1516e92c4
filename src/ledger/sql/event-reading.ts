import type { Entry } from "../entries.ts";
import type { Place, ToldFact } from "../events.ts";
import type { Queries } from "./database.ts";
import { inOrder, toEntry } from "./entries.ts";

export async function entriesUpTo(
  queries: Queries,
  campaignNo: number,
  partitionNo: number,
  after: Place | undefined,
  upTo: Place,
  limit: number,
): Promise<Entry[]> {
  const ofPartition = queries
    .selectFrom("entry")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .where("partition_no", "=", partitionNo);
  const entries = await inOrder(ofPartition, after && { ...after, partitionNo }, limit);
  return entries.filter((entry) => !isBehind(upTo, entry));
}

const isBehind = (a: Place, b: Place) =>
  a.epoch !== b.epoch ? a.epoch < b.epoch : a.n !== b.n ? a.n < b.n : a.i < b.i;

export async function facts(
  queries: Queries,
  campaignNo: number,
  seq: number,
  upTo: number,
  limit: number,
): Promise<ToldFact[]> {
  const rows = await queries
    .selectFrom("event")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .where("seq", ">", seq)
    .where("seq", "<=", upTo)
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map(
    (row) =>
      ({
        campaignNo,
        seq: row.seq,
        type: row.type,
        data: JSON.parse(row.data),
        timeMs: row.create_ms,
      }) as ToldFact,
  );
}

export async function entriesOfSerials(
  queries: Queries,
  spaceNo: number,
  serials: number[],
): Promise<Entry[]> {
  if (serials.length === 0) return [];
  const rows = await queries
    .selectFrom("entry")
    .selectAll()
    .where("space_no", "=", spaceNo)
    .where("serial", "in", serials)
    .execute();
  return rows.map(toEntry);
}

export async function userIds(queries: Queries, hashes: string[]): Promise<Map<string, string>> {
  if (hashes.length === 0) return new Map();
  const rows = await queries
    .selectFrom("participant")
    .select(["user_hash", "user_id"])
    .where(
      "user_hash",
      "in",
      hashes.map((hash) => Buffer.from(hash, "hex")),
    )
    .execute();
  return new Map(
    rows.flatMap(({ user_hash, user_id }) =>
      user_id === null ? [] : [[Buffer.from(user_hash).toString("hex"), user_id]],
    ),
  );
}
