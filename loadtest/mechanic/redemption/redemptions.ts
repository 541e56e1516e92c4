import type { Coupon } from "../../../src/gen/allot/v1/coupon_pb.js";
import { acknowledged, type Claim } from "../../audit/claims.ts";
import { coupons } from "../coupon/coupons.ts";
import type { Mechanic } from "../mechanic.ts";
import { pageSize, pages } from "../pages.ts";
import { isFinal, stepOf } from "./acts.ts";
import { askFor } from "./ask-for.ts";
import { issueAll } from "./issue-all.ts";
import { judgeRedemptions } from "./judge-redemptions.ts";
import { type Refill, refill } from "./refill.ts";
import { Revoker } from "./revoker.ts";
import { type Unknown, unknownOrders } from "./unknown-orders.ts";

/** Redemption of coupons, which are issued beforehand. */
export const redemptions: Mechanic = {
  thing: "redemption",
  things: "redemptions",
  unlimited: true,
  ask: askFor,
  // A coupon that is taken back is refused to everybody, whoever had redeemed it.
  lasts: (detail) => isFinal(stepOf(detail)) && !stepOf(detail).revocable,
  campaign: coupons.campaign,
  async open(stage) {
    const codes = await issueAll(stage);
    const revoker = new Revoker(stage, codes);
    const list: Coupon[] = [];
    let claims: Claim[] = [];
    let unknown: Unknown = new Set();
    let refilled: Refill;
    return {
      goods: codes,
      meanwhile: (over, pause) => revoker.run(over, pause),
      afterwards: async (journals) => {
        claims = [...acknowledged(journals)];
        unknown = unknownOrders(journals, stage.naming);
        refilled = await refill(stage, codes, revoker.revoked);
      },
      async *listed() {
        const { clients, campaign } = stage;
        const ask = (pageToken: string) =>
          clients.coupons.listCoupons({ campaignId: campaign.id, pageSize, pageToken });
        for await (const page of pages(ask))
          for (const coupon of page.coupons) {
            list.push(coupon);
            const { code: key, campaignId, userId, prizeId, issueTime: time } = coupon;
            yield { key, campaignId, userId, prizeId, time };
          }
      },
      judge: (of) => judgeRedemptions(of, { codes, claims, unknown, list, revoker, refilled }),
    };
  },
};
