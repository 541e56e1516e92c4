import { sql } from "kysely";
import type { Entry, EntryKey } from "../ledger.ts";
import { buffer } from "../sql/bytes.ts";
import type { Queries } from "../sql/database.ts";
import { inOrder, toEntry } from "../sql/entries.ts";

/** A user's entries: those that the store has put in order, and the recent ones that it has not yet. */
function ofUser(queries: Queries, userHash: Uint8Array, campaignNo: number | undefined) {
  const hash = buffer(userHash);
  const inCampaign = campaignNo === undefined ? sql`` : sql`AND campaign_no = ${campaignNo}`;
  return queries
    .selectFrom("entry")
    .selectAll()
    .where("user_hash", "=", hash)
    .where(sql<boolean>`
    (campaign_no, partition_no, epoch, n, i) IN (
      SELECT campaign_no, 0, epoch, n, i FROM entry_by_hash WHERE hash = ${hash} ${inCampaign}
      UNION
      SELECT campaign_no, 0, epoch, n, i FROM recent_entry WHERE user_hash = ${hash} ${inCampaign}
    )`);
}

export function couponsOfUser(
  queries: Queries,
  { userHash, campaignNo }: { userHash: Uint8Array; campaignNo?: number },
  after: EntryKey | undefined,
  limit: number,
): Promise<Entry[]> {
  return inOrder(ofUser(queries, userHash, campaignNo), after, limit);
}

/** The latest, found by user: a request that named none was recorded under its own hash (see migrations/0003-entries.sql). */
export async function couponOf(
  queries: Queries,
  campaignNo: number,
  { userHash, requestHash }: { userHash?: Uint8Array; requestHash?: Uint8Array },
): Promise<Entry | undefined> {
  const key = userHash ?? requestHash;
  if (!key) return undefined;
  let query = ofUser(queries, key, campaignNo);
  if (requestHash) query = query.where("request_hash", "=", buffer(requestHash));
  const row = await query
    .orderBy("epoch", "desc")
    .orderBy("n", "desc")
    .orderBy("i", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && toEntry(row);
}
