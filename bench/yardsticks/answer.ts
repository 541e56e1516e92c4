import { type IssueCouponRequest, Coupon_State as State } from "../../src/gen/allot/v1/coupon_pb.js";

/** What every yardstick answers: the coupon that issuing would give, made up. */
export const answerTo = ({ campaignId, userId }: IssueCouponRequest) => ({
  outcome: {
    case: "coupon" as const,
    value: {
      code: "2345678923",
      campaignId,
      prizeId: "p1",
      userId,
      state: State.ISSUED,
      issueTime: { seconds: 1_795_000_000n, nanos: 123_000_000 },
    },
  },
});
