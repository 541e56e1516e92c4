import type { HandlerContext } from "@connectrpc/connect";
import type {
  IssueCouponRequest,
  IssueCouponResponse,
  IssueCouponsRequest,
  IssueCouponsResponse,
} from "../gen/allot/v1/coupon_pb.js";
import type { KnownCampaign } from "../issuing/known-campaigns.ts";
import type { Issued } from "../issuing/request.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type ErrorLog, Fault, type FieldProblem, invalid } from "./errors.ts";
import { answerOf } from "./issue-answer.ts";
import { checkAgainst, checkFields } from "./issue-fields.ts";
import { RequestErrors } from "./request-errors.ts";
import { addressOf } from "./requester.ts";
import { type IssuingDeps, wrongMechanic } from "./taking.ts";

/** As many as travel to the store together. */
const requestsMax = 1_000;

/** Bad fields that one answer names: in gRPC it travels in trailers, which clients bound to a few KiB. */
const problemsMax = 10;

/** Campaigns by their ids, or why the requests for one can't be carried out. */
type Found = Map<string, KnownCampaign | { error: unknown }>;

/** Issues to many at once: each request is answered by a result of its own, errors included, so that nothing issued goes unreported. */
export async function issueCoupons(
  deps: IssuingDeps & { log: ErrorLog },
  { requests }: IssueCouponsRequest,
  context: HandlerContext,
): Promise<IssueCouponsResponse> {
  const { campaigns, issuer, log } = deps;
  refuseSize(requests.length);
  const found = await find(campaigns, requests);
  refuseFields(requests, found);
  const errors = new RequestErrors(log);
  return await new Promise((resolve) => {
    const results = new Array<IssueCouponResponse>(requests.length);
    let open = requests.length;
    const settle = (at: number, result: IssueCouponResponse) => {
      results[at] = result;
      if (--open === 0) resolve({ $typeName: "allot.v1.IssueCouponsResponse", results });
    };
    for (let at = 0; at < requests.length; at++) {
      const request = requests[at]!;
      const known = found.get(request.campaignId)!;
      if ("error" in known) {
        settle(at, errors.of(known.error));
        continue;
      }
      // The message is ours alone: a copy of each with its address would be garbage to collect.
      request.address = addressOf(request.address, context);
      issuer.issueThen(known, request, (result) => {
        settle(at, result.kind === "failed" ? errors.of(result.error) : resultOf(request, result, known));
      });
    }

    function resultOf(
      request: IssueCouponRequest,
      issued: Issued,
      known: KnownCampaign,
    ): IssueCouponResponse {
      const answer = answerOf(request, issued, known);
      return answer instanceof Fault ? errors.of(answer) : answer;
    }
  });
}

function refuseSize(count: number): void {
  if (count === 0) throw invalid([{ field: "requests", problem: "At least one request is required." }]);
  if (count <= requestsMax) return;
  const problem = `There may be at most ${requestsMax} requests, not ${count}.`;
  throw invalid([{ field: "requests", problem }]);
}

async function find(campaigns: IssuingDeps["campaigns"], requests: IssueCouponRequest[]): Promise<Found> {
  const ids = new Set<string>();
  for (const { campaignId } of requests) ids.add(campaignId);
  ids.delete("");
  const found: Found = new Map();
  await Promise.all(
    Array.from(ids, async (id) => {
      try {
        const known = await campaigns.known(id);
        if (!known) found.set(id, { error: campaignNotFound(id) });
        else if (known.campaign.mechanic.kind !== "first-come")
          found.set(id, { error: wrongMechanic(known) });
        else found.set(id, known);
      } catch (error) {
        found.set(id, { error });
      }
    }),
  );
  return found;
}

/** Bad fields, before any request is carried out. */
function refuseFields(requests: IssueCouponRequest[], found: Found): void {
  const problems: FieldProblem[] = [];
  let at = 0;
  const report = (field: string, problem: string) =>
    problems.push({ field: `requests[${at}].${field}`, problem });
  for (; at < requests.length && problems.length < problemsMax; at++) {
    const request = requests[at]!;
    checkFields(request, report);
    const known = found.get(request.campaignId);
    if (known !== undefined && !("error" in known)) checkAgainst(known, request, report);
  }
  if (problems.length > 0) throw invalid(problems);
}
