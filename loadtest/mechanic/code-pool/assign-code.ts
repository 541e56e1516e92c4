import { CodePoolService } from "../../../src/gen/allot/v1/code_pool_pb.js";
import { asking } from "../../sender/method.ts";
import { answerOf } from "../answer-of.ts";
import { couponGiven } from "../coupon/issue-coupon.ts";

export const assignCode = asking(CodePoolService.method.assignCode, ({ outcome, replayed }) =>
  answerOf(outcome, (coupon) => couponGiven(coupon, replayed, "code")),
);
