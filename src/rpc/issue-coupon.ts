import type { HandlerContext } from "@connectrpc/connect";
import type { IssueCouponRequest, IssueCouponResponse } from "../gen/allot/v1/coupon_pb.js";
import type { Issuer } from "../issuing/issuer.ts";
import type { KnownCampaigns } from "../issuing/known-campaigns.ts";
import { callerAddress, countedAddress } from "../server/caller.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { Fault, type FieldProblem, invalid } from "./errors.ts";
import { answerOf } from "./issue-answer.ts";
import { checkAgainst, checkFields } from "./issue-fields.ts";

export interface IssuingDeps {
  campaigns: KnownCampaigns;
  issuer: Issuer;
}

export async function issueCoupon(
  { campaigns, issuer }: IssuingDeps,
  request: IssueCouponRequest,
  context: HandlerContext,
): Promise<IssueCouponResponse> {
  const { campaignId, userId, prizeId, requestId } = request;
  const known = campaignId === "" ? undefined : await campaigns.known(campaignId);
  const problems: FieldProblem[] = [];
  const report = (field: string, problem: string) => problems.push({ field, problem });
  checkFields(request, report);
  if (known) checkAgainst(known, request, report);
  if (problems.length > 0) throw invalid(problems);
  if (!known) throw campaignNotFound(campaignId);
  const address = addressOf(request, context);
  const answer = answerOf(request, await issuer.issue(known, { userId, prizeId, requestId, address }));
  if (answer instanceof Fault) throw answer;
  return answer;
}

/** The address that a checked request counts under: the caller's own is spelled as limits count it already. */
export function addressOf({ address }: IssueCouponRequest, { values }: HandlerContext): string {
  return address === "" ? values.get(callerAddress) : (countedAddress(address) ?? "");
}
