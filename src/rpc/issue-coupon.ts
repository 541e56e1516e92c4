import type { IssueCouponRequest, IssueCouponResponse } from "../gen/allot/v1/coupon_pb.js";
import { answerOf } from "./issue-answer.ts";
import type { Taking } from "./taking.ts";

export const issueCoupon: Taking<IssueCouponRequest, IssueCouponResponse> = {
  kind: "first-come",
  answer: answerOf,
};
