import { couponState, decideRedemption } from "../../campaign/redemption.ts";
import type { Fact } from "../events.ts";
import type { CouponNow, RedemptionAnswer, RedemptionAsk } from "../redemptions.ts";
import type { Database } from "./database.ts";
import { appendEvents } from "./events.ts";
import { type HeldCoupon, holdCoupons, keyOf, writeRedemptions } from "./redemptions.ts";

export function redeem(db: Database, asks: RedemptionAsk[]): Promise<(RedemptionAnswer | undefined)[]> {
  return db.write(async (tx) => {
    const coupons = new Map((await holdCoupons(db, tx, asks)).map((coupon) => [keyOf(coupon), coupon]));
    const changed = new Set<HeldCoupon>();
    const facts: Fact[] = [];
    const answers = asks.map((ask) => {
      const coupon = coupons.get(keyOf(ask));
      return coupon && answer(coupon, ask, changed, facts);
    });
    await writeRedemptions(tx, [...changed]);
    await appendEvents(tx, facts);
    return answers;
  });
}

function answer(
  coupon: HeldCoupon,
  { act, orderId, ttlMs, userHash }: RedemptionAsk,
  changed: Set<HeldCoupon>,
  facts: Fact[],
): RedemptionAnswer {
  const { campaignNo, spaceNo, serial, nowMs, expireMs } = coupon;
  const isOthers = userHash !== undefined && !coupon.isBearers && !userHash.equals(coupon.userHash);
  const outcome = decideRedemption(coupon.redemption, { act, orderId, ttlMs, isOthers }, expireMs, nowMs);
  if (outcome.kind === "refused") return outcome;
  if (outcome.kind === "done") {
    coupon.redemption = outcome.redemption;
    changed.add(coupon);
    if (outcome.redemption.redeemMs !== undefined) {
      const data = { spaceNo, serial, orderId };
      facts.push({ campaignNo, type: "coupon.redeemed", data, timeMs: nowMs });
    }
  }
  return { kind: "coupon", coupon: asItIs(coupon), replayed: outcome.kind === "replayed" };
}

function asItIs({ redemption, expireMs, nowMs, ...coupon }: HeldCoupon): CouponNow {
  const { campaignId, prizeId, userId, issueMs } = coupon;
  const state = couponState(redemption, expireMs, nowMs);
  return { campaignId, prizeId, userId, issueMs, expireMs, state, redemption };
}
