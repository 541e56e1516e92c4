import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expiresAt } from "../campaign/coupon-expiry.ts";
import { type CouponState, couponState, type Redemption, untouched } from "../campaign/redemption.ts";
import { type Coupon, CouponSchema, Coupon_State as State } from "../gen/allot/v1/coupon_pb.js";
import type { CodeBook } from "../issuing/code-book.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Entry } from "../ledger/entries.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CouponKey, CouponNow } from "../ledger/redemptions.ts";

export interface CouponMessageDeps {
  codes: CodeBook;
  ledger: Ledger;
  secrets: Secrets;
}

const states: Record<CouponState, State> = {
  issued: State.ISSUED,
  reserved: State.RESERVED,
  redeemed: State.REDEEMED,
  revoked: State.REVOKED,
  expired: State.EXPIRED,
};

/** A coupon as callers see it. Of a reservation that is over nothing is shown. */
export function couponMessage(code: string, coupon: CouponNow): Coupon {
  const { campaignId, prizeId, userId, issueMs, expireMs, state, redemption } = coupon;
  const { orderId, reserveUntilMs, redeemMs, revokeMs, revokeReason } = redemption;
  const isReserved = state === "reserved";
  return create(CouponSchema, {
    code,
    campaignId,
    prizeId,
    userId,
    state: states[state],
    issueTime: timestampFromMs(issueMs),
    ...(isReserved && { reserveExpireTime: timestampFromMs(reserveUntilMs!) }),
    ...((isReserved || redeemMs !== undefined) && { orderId }),
    ...(redeemMs !== undefined && { redeemTime: timestampFromMs(redeemMs) }),
    ...(expireMs !== undefined && { expireTime: timestampFromMs(expireMs) }),
    ...(revokeMs !== undefined && { revokeTime: timestampFromMs(revokeMs), revokeReason }),
  });
}

/** Coupons as callers see them, from their entries: in the order of these, which all have serials. */
export async function couponMessages({ ledger, codes }: CouponMessageDeps, rows: Entry[]): Promise<Coupon[]> {
  if (rows.length === 0) return [];
  const campaigns = new Map<number, Awaited<ReturnType<Ledger["campaignByNo"]>>>();
  for (const { campaignNo } of rows) {
    if (!campaigns.has(campaignNo)) campaigns.set(campaignNo, await ledger.campaignByNo(campaignNo));
  }
  const { nowMs, touched } = await ledger.redemptions(rows.map(keyOf));
  const redemptions = new Map<string, Redemption>(touched.map((one) => [nameOf(one), one]));
  const messages = new Map<Entry, Coupon>();
  for (const [spaceNo, ofSpace] of Map.groupBy(rows, (row) => row.spaceNo)) {
    codes.add(campaigns.get(ofSpace[0]!.campaignNo)!.space);
    const texts = await codes.encode(
      spaceNo,
      ofSpace.map((row) => row.serial!),
    );
    ofSpace.forEach((row, at) => {
      const campaign = campaigns.get(row.campaignNo)!;
      const redemption = redemptions.get(nameOf(keyOf(row))) ?? untouched;
      const expireMs = expiresAt(campaign, row.timeMs);
      const coupon = {
        campaignId: campaign.id,
        prizeId: campaign.prizes[row.prizeNo]!.id,
        userId: row.userId,
        issueMs: row.timeMs,
        expireMs,
        state: couponState(redemption, expireMs, nowMs),
        redemption,
      };
      messages.set(row, couponMessage(texts[at]!, coupon));
    });
  }
  return rows.map((row) => messages.get(row)!);
}

const keyOf = ({ spaceNo, serial }: Entry): CouponKey => ({ spaceNo, serial: serial! });
const nameOf = ({ spaceNo, serial }: CouponKey) => `${spaceNo} ${serial}`;
