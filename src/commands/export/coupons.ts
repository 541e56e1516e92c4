import { createClient } from "@connectrpc/connect";
import { CouponService, Coupon_State as State } from "../../gen/allot/v1/coupon_pb.js";
import { persist } from "../remote.ts";
import { type ExportKind, pagesOf, timeCell } from "./kind.ts";

/** What a campaign has given out that has a code. */
export const coupons: ExportKind = {
  columns: [
    "code",
    "prize_id",
    "user_id",
    "state",
    "issue_time",
    "expire_time",
    "order_id",
    "redeem_time",
    "revoke_time",
    "revoke_reason",
  ],
  async *pages(transport, campaignId) {
    const client = createClient(CouponService, transport);
    for await (const page of pagesOf((part) => persist(() => client.listCoupons({ campaignId, ...part })))) {
      yield page.coupons.map((coupon) => [
        coupon.code,
        coupon.prizeId,
        coupon.userId,
        State[coupon.state],
        timeCell(coupon.issueTime),
        timeCell(coupon.expireTime),
        coupon.orderId,
        timeCell(coupon.redeemTime),
        timeCell(coupon.revokeTime),
        coupon.revokeReason,
      ]);
    }
  },
};
