// Asks a running server (`npm start`) for two coupons, one by Connect and one by gRPC: npx node examples/node/issue.ts [URL]
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const transports = [
  createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  createGrpcTransport({ baseUrl }),
];

const { campaign } = await createClient(CampaignService, transports[0]!).createCampaign({
  campaign: {
    endTime: timestampFromMs(Date.now() + 3_600_000),
    prizes: [{ quota: 2 }],
    limits: { perUser: 1 },
  },
});
for (const [i, transport] of transports.entries()) {
  const { outcome } = await createClient(CouponService, transport).issueCoupon({
    campaignId: campaign!.id,
    userId: `user-${i}`,
  });
  console.log(outcome.case === "coupon" ? outcome.value.code : `not this time: ${outcome.value?.reason}`);
}
