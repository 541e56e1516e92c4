import { type Coupon, CouponService } from "../../../src/gen/allot/v1/coupon_pb.js";
import type { Answer } from "../../record/answer.ts";
import { asking } from "../../sender/method.ts";
import { answerOf } from "../answer-of.ts";

export const issueCoupon = asking(CouponService.method.issueCoupon, ({ outcome, replayed }) =>
  answerOf(outcome, (coupon) => couponGiven(coupon, replayed)),
);

export const couponGiven = (
  { code: key, userId, campaignId, prizeId }: Coupon,
  replayed: boolean,
  thing: "coupon" | "code" = "coupon",
): Answer => ({
  kind: "given",
  given: { key, userId, campaignId, prizeId },
  replayed,
  outcome: `${thing}: ${replayed ? "replayed" : "new"}`,
});
