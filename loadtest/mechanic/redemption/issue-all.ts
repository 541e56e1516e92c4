import { Reason } from "../../../src/gen/allot/v1/refusal_pb.js";
import type { Stage } from "../mechanic.ts";

const atOnce = 500;

/** A coupon for every user, as far as there are enough; to their codes by the users' numbers. */
export const issueAll = async ({ clients, campaign, naming, quota, users }: Stage): Promise<string[]> => {
  const codes: string[] = [];
  const wanted = Math.min(quota, users);
  while (codes.length < wanted) {
    const first = codes.length;
    const requests = Array.from({ length: Math.min(atOnce, wanted - first) }, (_, i) => ({
      campaignId: campaign.id,
      userId: naming.userId(first + i),
    }));
    const { results } = await clients.coupons.issueCoupons({ requests });
    for (const { outcome } of results) {
      if (outcome.case === "coupon") codes.push(outcome.value.code);
      else if (outcome.case === "refusal")
        throw new Error(`a coupon was refused: ${Reason[outcome.value.reason]}`);
      else throw new Error(`a coupon could not be issued: ${outcome.value?.message ?? "no answer"}`);
    }
  }
  return codes;
};
