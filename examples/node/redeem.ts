// Pays an order with a coupon at a running server (`npm start`): npx node examples/node/redeem.ts [URL]
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const transport = createConnectTransport({ baseUrl, httpVersion: "1.1" });
const coupons = createClient(CouponService, transport);

const { campaign } = await createClient(CampaignService, transport).createCampaign({
  campaign: {
    endTime: timestampFromMs(Date.now() + 3_600_000),
    prizes: [{ quota: 1 }],
    limits: { perUser: 1 },
  },
});
const issued = await coupons.issueCoupon({ campaignId: campaign!.id, userId: "ada" });
if (issued.outcome.case !== "coupon") throw new Error(`refused: ${issued.outcome.value?.reason}`);
const { code } = issued.outcome.value;

/** Holds the coupon while the order is paid for; nobody else can take it meanwhile. */
async function order(orderId: string, userId: string, pay: () => boolean): Promise<string> {
  const { outcome } = await coupons.reserveCoupon({ code, orderId, userId, ttl: { seconds: 300n } });
  if (outcome.case === "refusal") return Reason[outcome.value.reason]!;
  if (!pay()) {
    await coupons.releaseCoupon({ code, orderId });
    return "given up";
  }
  const confirmed = await coupons.confirmCoupon({ code, orderId });
  return confirmed.outcome.case === "refusal" ? Reason[confirmed.outcome.value.reason]! : "paid";
}

console.log("order-1, by another user:", await order("order-1", "grace", () => true));
console.log("order-2, payment fails:", await order("order-2", "ada", () => false));
console.log("order-3:", await order("order-3", "ada", () => true));
console.log("order-4:", await order("order-4", "ada", () => true));
