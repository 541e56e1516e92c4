import { type Selectable, sql } from "kysely";
import type { CouponRow, Entry, EntryKey } from "../ledger.ts";
import { buffer } from "../sql/bytes.ts";
import type { Queries } from "../sql/database.ts";
import { couponsOf, toEntry } from "../sql/entries.ts";
import type { EntryTable } from "../sql/schema.ts";

/** A user's entries: those that the store has put in order of their hashes, and the recent ones that it has not yet. */
export function entriesOfUser(queries: Queries, userHash: Uint8Array, campaignNo: number | undefined) {
  const hash = buffer(userHash);
  const inCampaign = campaignNo === undefined ? sql`` : sql`AND campaign_no = ${campaignNo}`;
  // CROSS: in this order, or SQLite would read all entries and look for each among those found.
  const entries = sql<Selectable<EntryTable>>`(
    SELECT entry.* FROM (
      SELECT campaign_no, epoch, n, i FROM entry_by_hash WHERE hash = ${hash} ${inCampaign}
      UNION
      SELECT campaign_no, epoch, n, i FROM recent_entry WHERE user_hash = ${hash} ${inCampaign}
    ) AS found CROSS JOIN entry
    ON entry.campaign_no = found.campaign_no AND entry.partition_no = 0
      AND entry.epoch = found.epoch AND entry.n = found.n AND entry.i = found.i
    WHERE user_hash = ${hash}
  )`;
  return queries.selectFrom(entries.as("entry")).selectAll();
}

export function couponsOfUser(
  queries: Queries,
  { userHash, campaignNo }: { userHash: Uint8Array; campaignNo?: number },
  after: EntryKey | undefined,
  limit: number,
): Promise<CouponRow[]> {
  return couponsOf(entriesOfUser(queries, userHash, campaignNo), after, limit);
}

/** The latest, found by user: a request that named none was recorded under its own hash (see migrations/0003-entries.sql). */
export async function couponOf(
  queries: Queries,
  campaignNo: number,
  { userHash, requestHash }: { userHash?: Uint8Array; requestHash?: Uint8Array },
): Promise<Entry | undefined> {
  const key = userHash ?? requestHash;
  if (!key) return undefined;
  let query = entriesOfUser(queries, key, campaignNo);
  if (requestHash) query = query.where("request_hash", "=", buffer(requestHash));
  const row = await query
    .orderBy("epoch", "desc")
    .orderBy("n", "desc")
    .orderBy("i", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && toEntry(row);
}
