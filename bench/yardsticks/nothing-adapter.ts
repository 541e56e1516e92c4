import { connectNodeAdapter } from "@connectrpc/connect-node";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import { answerTo } from "./answer.ts";

/** connect-node as its documentation sets it up, with a handler that answers the same coupon to everybody. */
export const nothingAdapter = connectNodeAdapter({
  routes: (router) => router.service(CouponService, { issueCoupon: answerTo }),
});
