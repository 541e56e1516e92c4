import {
  type Expression,
  expressionBuilder,
  type Insertable,
  type Selectable,
  type SqlBool,
  sql,
} from "kysely";
import { ticketsNo } from "../../campaign/campaign.ts";
import { expiresAt } from "../../campaign/coupon-expiry.ts";
import { type Redemption, untouched } from "../../campaign/redemption.ts";
import type { CouponKey, Redemptions } from "../redemptions.ts";
import { couponExpiryOf } from "./campaigns.ts";
import type { Database, Queries } from "./database.ts";
import type { RedemptionTable } from "./redemptions-schema.ts";
import type { Schema } from "./schema.ts";

export const keyOf = ({ spaceNo, serial }: CouponKey) => `${spaceNo} ${serial}`;

export async function redemptions(
  { clockMs }: Database,
  queries: Queries,
  keys: CouponKey[],
): ReturnType<Redemptions["redemptions"]> {
  const clock = sql<{ clock_ms: number }>`(select ${clockMs} as clock_ms)`.as("clock");
  const all = queries.selectFrom(clock).select("clock_ms");
  if (keys.length === 0) return { nowMs: (await all.executeTakeFirstOrThrow()).clock_ms, touched: [] };
  // Joined to the clock, which is there whether or not they are.
  const rows = await all
    .leftJoin("redemption", (join) => join.on(isOneOf("redemption", keys)))
    .selectAll("redemption")
    .execute();
  const touched = rows.flatMap(({ clock_ms: _, ...row }) =>
    row.space_no === null ? [] : { spaceNo: row.space_no, serial: row.serial!, ...toRedemption(row) },
  );
  return { nowMs: rows[0]!.clock_ms, touched };
}

/** A coupon as a transaction finds it that has it to itself. */
export interface HeldCoupon extends CouponKey {
  campaignNo: number;
  campaignId: string;
  prizeNo: number;
  prizeId: string;
  userId: string;
  userHash: Uint8Array;
  /** Issued to nobody in particular: whoever has it may use it. */
  isBearers: boolean;
  issueMs: number;
  expireMs: number | undefined;
  redemption: Redemption;
  /** By the clock that all servers share, but never before the coupon was issued by the store's. */
  nowMs: number;
}

/**
 * Takes coupons until the transaction ends, in the order of their keys, so that nobody waits in a circle; then reads what became of them, and
 * the clock, as it is by then. Those that the ledger does not have are left out; a raffle's tickets are no coupons. One look at each table:
 * with them joined, a database whose statistics are old reads a campaign's entries one by one.
 */
export async function holdCoupons(db: Database, tx: Queries, keys: CouponKey[]): Promise<HeldCoupon[]> {
  if (keys.length === 0) return [];
  const entries = await tx
    .selectFrom("entry")
    .select([
      ...(["space_no", "serial", "campaign_no", "prize_no", "user_id"] as const),
      ...(["user_hash", "request_hash", "time_ms"] as const),
    ])
    .where(isOneOf("entry", keys))
    .where("prize_no", "<", ticketsNo)
    .forUpdate()
    .execute();
  if (entries.length === 0) return [];
  const held = entries.map((row) => ({ ...row, spaceNo: row.space_no, serial: row.serial! }));
  const { nowMs, touched } = await redemptions(db, tx, held);
  const redemptionOf = new Map(
    touched.map(({ spaceNo, serial, ...one }) => [keyOf({ spaceNo, serial }), one]),
  );
  const prizeOf = await prizesOf(tx, held);
  return held.map((row) => {
    const { campaignId, prizeId, couponExpiry } = prizeOf.get(`${row.campaign_no} ${row.prize_no}`)!;
    return {
      spaceNo: row.spaceNo,
      serial: row.serial,
      campaignNo: row.campaign_no,
      campaignId,
      prizeNo: row.prize_no,
      prizeId,
      userId: row.user_id,
      userHash: row.user_hash,
      isBearers: row.request_hash !== null && Buffer.compare(row.request_hash, row.user_hash) === 0,
      issueMs: row.time_ms,
      expireMs: expiresAt({ couponExpiry }, row.time_ms),
      redemption: redemptionOf.get(keyOf(row)) ?? untouched,
      nowMs: Math.max(nowMs, row.time_ms),
    };
  });
}

/** The prizes that entries are of, by campaign and place, with what else is to be known of their campaigns. */
async function prizesOf(tx: Queries, entries: { campaign_no: number; prize_no: number }[]) {
  const distinct = (nos: number[]) => [...new Set(nos)];
  const rows = await tx
    .selectFrom("prize")
    .innerJoin("campaign", "campaign.no", "prize.campaign_no")
    .select([
      ...(["prize.campaign_no", "prize.no", "prize.id as prizeId", "campaign.id as campaignId"] as const),
      ...(["campaign.coupon_expire_ms", "campaign.coupon_lifetime_ms"] as const),
    ])
    .where("prize.campaign_no", "in", distinct(entries.map((row) => row.campaign_no)))
    .where("prize.no", "in", distinct(entries.map((row) => row.prize_no)))
    .execute();
  return new Map(
    rows.map((row) => [`${row.campaign_no} ${row.no}`, { ...row, couponExpiry: couponExpiryOf(row) }]),
  );
}

/** Writes whole rows, new or not, in the order of their keys. */
export async function writeRedemptions(tx: Queries, coupons: HeldCoupon[]): Promise<void> {
  if (coupons.length === 0) return;
  const inOrder = coupons.toSorted((a, b) => a.spaceNo - b.spaceNo || a.serial - b.serial);
  await tx.replaceInto("redemption").values(inOrder.map(toRow)).execute();
}

const toRow = ({ spaceNo, serial, campaignNo, redemption }: HeldCoupon): Insertable<RedemptionTable> => ({
  space_no: spaceNo,
  serial,
  campaign_no: campaignNo,
  order_id: redemption.orderId,
  reserve_until_ms: redemption.reserveUntilMs ?? null,
  redeem_ms: redemption.redeemMs ?? null,
  revoke_ms: redemption.revokeMs ?? null,
  revoke_reason: redemption.revokeReason,
});

/** Where a row is missing its columns are null. */
type Found = {
  [Column in Exclude<keyof RedemptionTable, "space_no" | "serial" | "campaign_no">]:
    | Selectable<RedemptionTable>[Column]
    | null;
};

const toRedemption = (row: Found): Redemption =>
  row.order_id === null
    ? untouched
    : {
        orderId: row.order_id,
        reserveUntilMs: row.reserve_until_ms ?? undefined,
        redeemMs: row.redeem_ms ?? undefined,
        revokeMs: row.revoke_ms ?? undefined,
        revokeReason: row.revoke_reason!,
      };

/** Space by space: a list of pairs is no range of the index in MariaDB. */
function isOneOf(table: "entry" | "redemption", keys: CouponKey[]): Expression<SqlBool> {
  const { eb } = expressionBuilder<Schema, typeof table>();
  const bySpace = Map.groupBy(keys, ({ spaceNo }) => spaceNo);
  return eb.or(
    [...bySpace].map(([spaceNo, of]) =>
      eb.and([
        eb(`${table}.space_no`, "=", spaceNo),
        eb(`${table}.serial`, "in", [...new Set(of.map(({ serial }) => serial))]),
      ]),
    ),
  );
}

export async function campaignOfSerial(
  queries: Queries,
  { spaceNo, serial }: CouponKey,
): Promise<{ no: number; partitions: number } | undefined> {
  // Serials are reserved from 0 on: this tells nearly all wrong codes, without a look at every campaign's.
  const space = await queries
    .selectFrom("code_space")
    .select("no")
    .where("no", "=", spaceNo)
    .where("next_serial", ">", serial)
    .executeTakeFirst();
  if (!space) return undefined;
  return queries
    .selectFrom("campaign")
    .innerJoin("prize_range", "prize_range.campaign_no", "campaign.no")
    .select(["campaign.no", "campaign.partitions"])
    .where("campaign.space_no", "=", spaceNo)
    .where("prize_range.first", "<=", serial)
    .where((eb) => eb(eb("prize_range.first", "+", eb.ref("prize_range.size")), ">", serial))
    .limit(1)
    .executeTakeFirst();
}
