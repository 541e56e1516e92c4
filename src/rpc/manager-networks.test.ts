import { createContextValues } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { networks } from "../config/values.ts";
import { CampaignService } from "../gen/allot/v1/campaign_pb.js";
import { CouponService } from "../gen/allot/v1/coupon_pb.js";
import { ParticipantService } from "../gen/allot/v1/participant_pb.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { exactAddress } from "../server/caller.ts";
import { managerNetworkGate } from "./manager-networks.ts";

const gate = managerNetworkGate(networks.parse("10.1.0.0/16, 2001:db8:0:1:2::/80"));
const call = (method: Parameters<typeof gate>[0]["method"], address: string) =>
  gate({ method, values: createContextValues().set(exactAddress, address), header: () => null });
const notAllowed = expect.objectContaining({ reason: "NOT_ALLOWED" });

test.each(["10.1.2.3", "2001:db8:0:1:2::3"])("managers' methods pass from %s", (address) => {
  expect(() => call(CampaignService.method.endCampaign, address)).not.toThrow();
});

// The last but one is of the same /64, which is one address to limits.
test.each(["10.2.0.1", "127.0.0.1", "2001:db8:0:1:3::3", ""])("and not from %j", (address) => {
  for (const method of [
    CampaignService.method.endCampaign,
    CouponService.method.revokeCoupon,
    ParticipantService.method.listParticipants,
  ])
    expect(() => call(method, address)).toThrow(notAllowed);
});

test("others pass from everywhere", () => {
  for (const method of [
    CouponService.method.issueCoupon,
    CampaignService.method.listCampaigns,
    Health.method.check,
  ])
    expect(() => call(method, "203.0.113.7")).not.toThrow();
});
