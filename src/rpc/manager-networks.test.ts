import type { DescMethod } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { type Caller, caller } from "../auth/caller.ts";
import { networks } from "../config/values.ts";
import { CampaignService } from "../gen/allot/v1/campaign_pb.js";
import { CouponService } from "../gen/allot/v1/coupon_pb.js";
import { ParticipantService } from "../gen/allot/v1/participant_pb.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { exactAddress } from "../server/caller.ts";
import type { Audit } from "./audit.ts";
import { managerNetworkGate } from "./manager-networks.ts";

const refused: string[] = [];
const audit: Pick<Audit, "refused"> = {
  async refused({ name }, { values }, outcome) {
    refused.push(`${name} from ${values.get(exactAddress)}: ${outcome}`);
  },
};
const gate = managerNetworkGate(networks.parse("10.1.0.0/16, 2001:db8:0:1:2::/80"), audit);
/** Waits, and throws at once what the gate throws at once. */
const call = async (method: DescMethod, address: string) => {
  const by: Caller = { role: "manager", keyId: "k1", subject: undefined };
  const values = createContextValues().set(exactAddress, address).set(caller, by);
  return gate({ method, values, header: () => null });
};
const notAllowed = expect.objectContaining({ reason: "NOT_ALLOWED" });

test.each(["10.1.2.3", "2001:db8:0:1:2::3"])("managers' methods pass from %s", async (address) => {
  await call(CampaignService.method.endCampaign, address);
});

// The last but one is of the same /64, which is one address to limits.
test.each(["10.2.0.1", "127.0.0.1", "2001:db8:0:1:3::3", ""])("and not from %j", async (address) => {
  for (const method of [
    CampaignService.method.endCampaign,
    CouponService.method.revokeCoupon,
    ParticipantService.method.listParticipants,
  ])
    await expect(call(method, address)).rejects.toThrow(notAllowed);
});

test("what was refused and would have changed something is in the audit log", async () => {
  refused.length = 0;
  for (const method of [CampaignService.method.endCampaign, ParticipantService.method.listParticipants])
    await expect(call(method, "203.0.113.7")).rejects.toThrow(notAllowed);
  expect(refused).toEqual(["EndCampaign from 203.0.113.7: NOT_ALLOWED"]);
});

test("but nothing of an open server, where anybody could fill it", async () => {
  refused.length = 0;
  const values = createContextValues()
    .set(exactAddress, "203.0.113.7")
    .set(caller, { role: "manager", keyId: undefined, subject: undefined });
  const open = async () => gate({ method: CampaignService.method.endCampaign, values, header: () => null });
  await expect(open()).rejects.toThrow(notAllowed);
  expect(refused).toEqual([]);
});

test("others pass from everywhere", async () => {
  for (const method of [
    CouponService.method.issueCoupon,
    CampaignService.method.listCampaigns,
    Health.method.check,
  ])
    await call(method, "203.0.113.7");
});
