import { type Coupon, CouponService } from "../../../src/gen/allot/v1/coupon_pb.js";
import type { Refusal } from "../../../src/gen/allot/v1/refusal_pb.js";
import type { Answer } from "../../record/answer.ts";
import { type Ask, asking } from "../../sender/method.ts";
import { answerOf } from "../answer-of.ts";
import type { Item } from "../mechanic.ts";
import { orderIdOf, stepOf } from "./acts.ts";

/** So short that some reservations lapse while the load lasts. */
const ttl = { seconds: 2n };

interface Response {
  outcome: { case: "coupon"; value: Coupon } | { case: "refusal"; value: Refusal } | { case: undefined };
  replayed: boolean;
}

/** `keyOf`: what repeating the request must name again. */
const reading =
  (did: string, keyOf: (coupon: Coupon) => string) =>
  ({ outcome, replayed }: Response): Answer =>
    answerOf(outcome, (coupon) => ({
      kind: "given",
      given: { ...coupon, key: keyOf(coupon) },
      replayed,
      outcome: `redemption: ${replayed ? "replayed" : did}`,
    }));

const byOrder = ({ code, orderId }: Coupon): string => `${code} ${orderId}`;
/** Another order may have had it since. */
const byNobody = ({ code }: Coupon): string => `${code} `;

const { method } = CouponService;
const reserve = asking(method.reserveCoupon, reading("reserved", byOrder));
const confirm = asking(method.confirmCoupon, reading("confirmed", byOrder));
const release = asking(method.releaseCoupon, reading("released", byNobody));
const redeem = asking(method.redeemCoupon, reading("redeemed", byOrder));

/** The request behind a send: `user` is the coupon's number and its owner's, `goods` are the codes. */
export const askFor = ({ user, userId, detail, goods }: Item): Ask => {
  const step = stepOf(detail);
  const about = { code: goods[user] ?? "", orderId: orderIdOf(userId, step) };
  switch (step.act) {
    case "reserve":
      return reserve({ ...about, userId, ttl });
    case "confirm":
      return confirm(about);
    case "release":
      return release(about);
    case "redeem":
      return redeem({ ...about, userId });
    case "redeem another's":
      return redeem({ ...about, userId: `not-${userId}` });
  }
};

/** The parts of what was given. */
export const partsOf = (key: string): { code: string; orderId: string } => {
  const [code, orderId] = key.split(" ") as [string, string];
  return { code, orderId };
};
