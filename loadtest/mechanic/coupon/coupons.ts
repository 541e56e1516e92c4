import { judge } from "../../audit/judge.ts";
import type { Listed } from "../../audit/ledger-rows.ts";
import type { Clients } from "../../target/clients.ts";
import type { Mechanic } from "../mechanic.ts";
import { pageSize, pages } from "../pages.ts";
import { issueCoupon } from "./issue-coupon.ts";

/** First come, first served. */
export const coupons: Mechanic = {
  thing: "coupon",
  things: "coupons",
  ask: ({ campaignId, userId, requestId, address }) =>
    issueCoupon({ campaignId, userId, requestId, address }),
  campaign: (quota) => ({
    mechanic: { case: "firstCome", value: {} },
    prizes: [{ id: "coupon", name: "Coupon", quota }],
  }),
  open: ({ clients, campaign }) => ({ listed: () => listedCoupons(clients, campaign.id), judge }),
};

async function* listedCoupons({ coupons: client }: Clients, campaignId: string): AsyncGenerator<Listed> {
  for await (const page of pages((pageToken) => client.listCoupons({ campaignId, pageSize, pageToken })))
    for (const { code: key, issueTime: time, ...coupon } of page.coupons) yield { ...coupon, key, time };
}
