import type { Mark } from "../../entries.ts";
import type { BallotPlace, BallotRow, RoundWinner, WinningBallot } from "../../rounds.ts";
import { buffer } from "../bytes.ts";
import type { Queries } from "../database.ts";
import { toEntry } from "../entries.ts";

/**
 * Ranges of the primary key, one after the other. Times are left to the caller: a database that has to pass over a day's ballots to find the
 * next one's first would not answer in time.
 */
export async function ballots(
  queries: Queries,
  campaignNo: number,
  { partitionNo, epoch, n }: Mark[number],
  after: BallotPlace | undefined,
  limit: number,
): Promise<BallotRow[]> {
  const all = queries
    .selectFrom("entry")
    .select(["epoch", "n", "i", "user_hash", "number", "time_ms"])
    .where("campaign_no", "=", campaignNo)
    .where("partition_no", "=", partitionNo)
    .orderBy("epoch")
    .orderBy("n")
    .orderBy("i");
  const from = after ?? { epoch: 0, n: 0, i: 0 };
  const ranges = [
    all.where("epoch", "=", from.epoch).where("n", "=", from.n).where("i", ">", from.i),
    all.where("epoch", "=", from.epoch).where("n", ">", from.n),
    all.where("epoch", ">", from.epoch),
  ];
  const rows: BallotRow[] = [];
  for (const range of ranges) {
    if (rows.length === limit) break;
    for (const row of await range.limit(limit - rows.length).execute()) {
      const { i, number } = row;
      rows.push({
        epoch: row.epoch,
        n: row.n,
        i,
        userHash: buffer(row.user_hash),
        number,
        timeMs: row.time_ms,
      });
    }
  }
  const end = rows.findIndex((row) => row.epoch > epoch || (row.epoch === epoch && row.n > n));
  return end < 0 ? rows : rows.slice(0, end);
}

export async function roundWinners(
  queries: Queries,
  campaignNo: number,
  date: string,
  userHashes: Buffer[] | undefined,
): Promise<RoundWinner[]> {
  if (userHashes?.length === 0) return [];
  let query = queries
    .selectFrom("round_winner")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .where("date", "=", date);
  if (userHashes) query = query.where("user_hash", "in", userHashes);
  const rows = await query.orderBy("rank").execute();
  return rows.map((row) => ({
    rank: row.rank,
    prizeNo: row.prize_no,
    partitionNo: row.partition_no,
    epoch: row.epoch,
    n: row.n,
    i: row.i,
    userHash: buffer(row.user_hash),
  }));
}

export async function winningBallots(
  queries: Queries,
  campaignNo: number,
  dates: string[],
): Promise<WinningBallot[]> {
  if (dates.length === 0) return [];
  const rows = await queries
    .selectFrom("round_winner as winner")
    .innerJoin("entry", (join) =>
      join
        .onRef("entry.campaign_no", "=", "winner.campaign_no")
        .onRef("entry.partition_no", "=", "winner.partition_no")
        .onRef("entry.epoch", "=", "winner.epoch")
        .onRef("entry.n", "=", "winner.n")
        .onRef("entry.i", "=", "winner.i"),
    )
    .selectAll("entry")
    .select(["winner.date", "winner.prize_no as won"])
    .where("winner.campaign_no", "=", campaignNo)
    .where("winner.date", "in", dates)
    .orderBy("winner.date")
    .orderBy("winner.rank")
    .execute();
  return rows.map(({ date, won, ...row }) => ({ date, prizeNo: won, entry: toEntry(row) }));
}
