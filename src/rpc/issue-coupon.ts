import type { HandlerContext } from "@connectrpc/connect";
import type { IssueCouponRequest, IssueCouponResponse } from "../gen/allot/v1/coupon_pb.js";
import type { Issuer } from "../issuing/issuer.ts";
import type { KnownCampaign, KnownCampaigns } from "../issuing/known-campaigns.ts";
import { Later } from "../server/fast-lane/later.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { Fault, type FieldProblem, invalid } from "./errors.ts";
import { answerOf } from "./issue-answer.ts";
import { checkAgainst, checkFields } from "./issue-fields.ts";
import { outageAsFault } from "./outage.ts";
import { addressOf, userOf } from "./requester.ts";

export interface IssuingDeps {
  campaigns: KnownCampaigns;
  issuer: Issuer;
}

export function issueCoupon(
  deps: IssuingDeps,
  request: IssueCouponRequest,
  context: HandlerContext,
): Later<IssueCouponResponse> {
  const { campaignId } = request;
  const answer = new Later<IssueCouponResponse>();
  const known = campaignId === "" ? undefined : deps.campaigns.known(campaignId);
  if (known instanceof Promise) {
    known
      .then((read) => ask(deps.issuer, read, request, context, answer))
      .catch((thrown) => answer.reject(outageAsFault(thrown)));
  } else ask(deps.issuer, known, request, context, answer);
  return answer;
}

/** Throws Faults where there is nothing to ask. */
function ask(
  issuer: Issuer,
  known: KnownCampaign | undefined,
  request: IssueCouponRequest,
  context: HandlerContext,
  answer: Later<IssueCouponResponse>,
): void {
  // The message is ours alone, and its answer names the user.
  request.userId = userOf(request.userId, context);
  const { campaignId, userId, prizeId, requestId } = request;
  const problems: FieldProblem[] = [];
  const report = (field: string, problem: string) => problems.push({ field, problem });
  checkFields(request, report);
  if (known) checkAgainst(known, request, report);
  if (problems.length > 0) throw invalid(problems);
  if (!known) throw campaignNotFound(campaignId);
  const address = addressOf(request.address, context);
  issuer.issueThen(known, { userId, prizeId, requestId, address }, (issued) => {
    if (issued.kind === "failed") return answer.reject(outageAsFault(issued.error));
    const result = answerOf(request, issued);
    if (result instanceof Fault) answer.reject(result);
    else answer.resolve(result);
  });
}
