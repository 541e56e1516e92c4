import type { HandlerContext } from "@connectrpc/connect";
import type { Day } from "../campaign/day.ts";
import type { Issuer } from "../issuing/issuer.ts";
import type { KnownCampaign, KnownCampaigns } from "../issuing/known-campaigns.ts";
import type { Issued } from "../issuing/request.ts";
import { Later } from "../server/fast-lane/later.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { Fault, type FieldProblem, fault, invalid } from "./errors.ts";
import { checkAgainst, checkFields, type Report, type TakingRequest } from "./issue-fields.ts";
import { outageAsFault } from "./outage.ts";
import { addressOf, userOf } from "./requester.ts";

export interface IssuingDeps {
  campaigns: KnownCampaigns;
  issuer: Issuer;
}

type Kind = KnownCampaign["campaign"]["mechanic"]["kind"];

/** How users take part, by mechanic. */
const methods: Record<Kind, string> = {
  "first-come": "CouponService.IssueCoupon",
  "instant-win": "DrawService.Draw",
  raffle: "RaffleService.ClaimTicket",
  lottery: "LotteryService.SubmitBallot",
  "code-pool": "CodePoolService.AssignCode",
};

/** One of these methods: what its requests and answers are. */
export interface Taking<Request extends TakingRequest, Response> {
  kind: Kind;
  /** What else the campaign asks of a request. */
  check?(known: KnownCampaign, request: Request, report: Report): void;
  /** The day that a request names; throws Faults where there is none. */
  day?(known: KnownCampaign, request: Request): Day | undefined;
  /** Answers without asking, where that can be told beforehand; undefined: ask. */
  early?(known: KnownCampaign, request: Request): Response | undefined;
  answer(request: Request, issued: Issued, known: KnownCampaign): Response | Fault;
}

/** A handler that takes something for a user and answers with what it was, or why not. */
export function taking<Request extends TakingRequest, Response>(
  deps: IssuingDeps,
  method: Taking<Request, Response>,
): (request: Request, context: HandlerContext) => Later<Response> {
  return (request, context) => {
    const { campaignId } = request;
    const answer = new Later<Response>();
    const known = campaignId === "" ? undefined : deps.campaigns.known(campaignId);
    if (known instanceof Promise) {
      known
        .then((read) => ask(deps.issuer, method, read, request, context, answer))
        .catch((thrown) => answer.reject(outageAsFault(thrown)));
    } else ask(deps.issuer, method, known, request, context, answer);
    return answer;
  };
}

/** Throws Faults where there is nothing to ask. */
function ask<Request extends TakingRequest, Response>(
  issuer: Issuer,
  method: Taking<Request, Response>,
  known: KnownCampaign | undefined,
  request: Request,
  context: HandlerContext,
  answer: Later<Response>,
): void {
  // The message is ours alone, and its answer names the user.
  request.userId = userOf(request.userId, context);
  const { campaignId, userId, prizeId = "", requestId } = request;
  const problems: FieldProblem[] = [];
  const report = (field: string, problem: string) => problems.push({ field, problem });
  checkFields(request, report);
  if (known) {
    checkAgainst(known, request, report);
    method.check?.(known, request, report);
  }
  if (problems.length > 0) throw invalid(problems);
  if (!known) throw campaignNotFound(campaignId);
  if (known.campaign.mechanic.kind !== method.kind) throw wrongMechanic(known);
  const early = method.early?.(known, request);
  if (early !== undefined) {
    answer.resolve(early);
    return;
  }
  const address = addressOf(request.address, context);
  const day = method.day?.(known, request);
  issuer.issueThen(known, { userId, prizeId, requestId, address, day }, (issued) => {
    if (issued.kind === "failed") return answer.reject(outageAsFault(issued.error));
    const result = method.answer(request, issued, known);
    if (result instanceof Fault) answer.reject(result);
    else answer.resolve(result);
  });
}

export function wrongMechanic({ campaign: { id, mechanic } }: Pick<KnownCampaign, "campaign">): Fault {
  return fault("WRONG_MECHANIC", `Campaign "${id}" is not of this kind: call ${methods[mechanic.kind]}.`);
}
