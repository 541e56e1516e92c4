import type { Insertable, Selectable } from "kysely";
import { ticketsNo } from "../../campaign/campaign.ts";
import type { CouponRow, Entry, EntryKey } from "../ledger.ts";
import { buffer } from "./bytes.ts";
import type { Queries } from "./database.ts";
import type { EntryTable } from "./schema.ts";

const KEY = ["partition_no", "epoch", "n", "i"] as const;

export function toEntry(row: Selectable<EntryTable>): Entry {
  return {
    partitionNo: row.partition_no,
    epoch: row.epoch,
    n: row.n,
    i: row.i,
    campaignNo: row.campaign_no,
    prizeNo: row.prize_no,
    revision: row.revision,
    spaceNo: row.space_no,
    serial: row.serial ?? undefined,
    number: row.number,
    drawnNo: row.drawn_no ?? undefined,
    timeMs: row.time_ms,
    userId: row.user_id,
    userHash: buffer(row.user_hash),
    requestHash: row.request_hash ? buffer(row.request_hash) : undefined,
    requestFields: row.request_fields ? buffer(row.request_fields) : undefined,
    addressHash: row.address_hash ? buffer(row.address_hash) : undefined,
  };
}

export function toEntryRow(entry: Entry): Insertable<EntryTable> {
  return {
    partition_no: entry.partitionNo,
    epoch: entry.epoch,
    n: entry.n,
    i: entry.i,
    campaign_no: entry.campaignNo,
    prize_no: entry.prizeNo,
    revision: entry.revision,
    space_no: entry.spaceNo,
    serial: entry.serial ?? null,
    number: entry.number,
    drawn_no: entry.drawnNo ?? null,
    time_ms: entry.timeMs,
    user_id: entry.userId,
    user_hash: entry.userHash,
    request_hash: entry.requestHash ?? null,
    request_fields: entry.requestFields ?? null,
    address_hash: entry.addressHash ?? null,
  };
}

export async function coupon(
  queries: Queries,
  spaceNo: number,
  serial: number,
): Promise<CouponRow | undefined> {
  const row = await queries
    .selectFrom("entry")
    .selectAll()
    .where("space_no", "=", spaceNo)
    .where("serial", "=", serial)
    .executeTakeFirst();
  return row && { ...toEntry(row), serial };
}

/** Found by user: a request that named none was recorded under its own hash (see migrations/0003-entries.sql). */
export async function couponOf(
  queries: Queries,
  campaignNo: number,
  { userHash, requestHash }: { userHash?: Uint8Array; requestHash?: Uint8Array },
): Promise<Entry | undefined> {
  const key = userHash ?? requestHash;
  if (!key) return undefined;
  let query = queries
    .selectFrom("entry")
    .selectAll()
    .where("user_hash", "=", buffer(key))
    .where("campaign_no", "=", campaignNo);
  if (requestHash) query = query.where("request_hash", "=", buffer(requestHash));
  const latestFirst = KEY.reduce((sorted, column) => sorted.orderBy(column, "desc"), query);
  const row = await latestFirst.limit(1).executeTakeFirst();
  return row && toEntry(row);
}

export function coupons(
  queries: Queries,
  { campaignNo, userHash }: { campaignNo?: number; userHash?: Uint8Array },
  after: EntryKey | undefined,
  limit: number,
): Promise<CouponRow[]> {
  return couponsOf(entriesBy(queries, { campaignNo, userHash }), after, limit);
}

/** Those among entries that are coupons. */
export async function couponsOf(
  query: EntryQuery,
  after: EntryKey | undefined,
  limit: number,
): Promise<CouponRow[]> {
  // What is given of a prize has a serial.
  return (await inOrder(query.where("prize_no", "<", ticketsNo), after, limit)) as CouponRow[];
}

export function entriesBy(
  queries: Queries,
  { campaignNo, userHash }: { campaignNo?: number | undefined; userHash?: Uint8Array | undefined },
) {
  let query = queries.selectFrom("entry").selectAll();
  if (campaignNo !== undefined) query = query.where("campaign_no", "=", campaignNo);
  if (userHash !== undefined) query = query.where("user_hash", "=", buffer(userHash));
  return query;
}

export type EntryQuery = ReturnType<typeof entriesBy>;

/**
 * Rows above a key, in its order. One query for each column of the key, the last one first, so that each is a range of the index: neither
 * MySQL nor SQLite reads `(a, b) > (x, y)`, or the same with OR, as one.
 */
export async function inOrder(
  query: EntryQuery,
  after: EntryKey | undefined,
  limit: number,
): Promise<Entry[]> {
  const ordered = KEY.reduce((sorted, column) => sorted.orderBy(column), query);
  const rows: Selectable<EntryTable>[] = [];
  if (!after) {
    rows.push(...(await ordered.limit(limit).execute()));
  } else {
    const values = { partition_no: after.partitionNo, epoch: after.epoch, n: after.n, i: after.i };
    for (let depth = KEY.length - 1; depth >= 0 && rows.length < limit; depth--) {
      let range = ordered.where(KEY[depth]!, ">", values[KEY[depth]!]);
      for (const column of KEY.slice(0, depth)) range = range.where(column, "=", values[column]);
      rows.push(...(await range.limit(limit - rows.length).execute()));
    }
  }
  return rows.map(toEntry);
}
