const dayMs = 86_400_000;

/** What this is and what to type, for the front page and for the terminal. */
export function welcome(url: string, now = Date.now()): string {
  const endTime = new Date(now + dayMs).toISOString();
  const campaign = { id: "hello", endTime, prizes: [{ name: "A coupon", quota: 100 }] };
  const call = (method: string, body: object) =>
    `  curl ${url}/allot.v1.${method} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  return [
    "Allot gives out a limited number of things to a crowd that arrives all at once.",
    "It speaks gRPC, gRPC-Web and Connect here; GET /readyz, /healthz and /metrics tell how it is.",
    "",
    "Make a campaign of 100 coupons, then ask for one:",
    "",
    call("CampaignService/CreateCampaign", { campaign }),
    "",
    call("CouponService/IssueCoupon", { campaignId: campaign.id, userId: "me" }),
    "",
  ].join("\n");
}
