// Shows a campaign's live figures, from its first coupon at a running server (`npm start`) to its end: npx node examples/node/watch.ts [URL]
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Campaign_State, CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const transport = createConnectTransport({ baseUrl, httpVersion: "1.1" });
const campaigns = createClient(CampaignService, transport);
const coupons = createClient(CouponService, transport);

const { campaign } = await campaigns.createCampaign({
  campaign: {
    endTime: timestampFromMs(Date.now() + 3_600_000),
    prizes: [{ quota: 3 }],
    limits: { perUser: 1 },
  },
});
const campaignId = campaign!.id;

let asked = 0;
const watching = new AbortController();
for await (const { state, stats, outcomes } of campaigns.watchCampaign(
  { campaignId },
  { signal: watching.signal },
)) {
  console.log(`${stats!.issued} given, ${stats!.remaining} left, ${outcomes.SOLD_OUT ?? 0} refused`);
  if (state === Campaign_State.ENDED) break;
  if (asked < 4) await coupons.issueCoupon({ campaignId, userId: `user-${asked++}` });
  else if (outcomes.SOLD_OUT) await campaigns.endCampaign({ campaignId });
}
// Leaving the loop alone would leave the connection open.
watching.abort();
