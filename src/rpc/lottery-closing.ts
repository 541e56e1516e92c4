import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Campaign } from "../campaign/campaign.ts";
import { dayOf } from "../campaign/day.ts";
import { checked } from "../campaign/problem.ts";
import { hasRound, openTimes } from "../campaign/rounds.ts";
import type { RoundDraws } from "../flows/round-draws.ts";
import {
  type CloseRoundRequest,
  type CloseRoundResponse,
  CloseRoundResponseSchema,
  LotteryService,
} from "../gen/allot/v1/lottery_pb.js";
import { Reason } from "../gen/allot/v1/refusal_pb.js";
import { type Fault, type FieldProblem, fault, invalid } from "./errors.ts";
import { dateProblems, type LotteryDeps, lotteryOf, roundMessage, roundOf } from "./lottery-rounds.ts";
import { mutate } from "./mutation.ts";
import { entropyProblems } from "./raffle-draw.ts";

export interface ClosingDeps extends LotteryDeps {
  rounds: RoundDraws;
}

/** Drawn before, by another request or by itself: this leaves no record, and is an answer all the same. */
class AlreadyDrawn extends Error {}

interface Closing {
  campaign: Campaign;
  date: string;
}

export async function closeRound(
  deps: ClosingDeps,
  request: CloseRoundRequest,
  context: HandlerContext,
): Promise<CloseRoundResponse> {
  const { ledger, rounds } = deps;
  const { campaignId, date } = request;
  const entropy = Buffer.from(request.entropy);
  try {
    return await mutate(ledger, LotteryService.method.closeRound, request, {
      async check() {
        const problems: FieldProblem[] = [];
        if (campaignId === "") problems.push({ field: "campaign_id", problem: "It is required." });
        problems.push(...dateProblems("date", date));
        if (problems.length > 0) throw invalid(problems);
        const campaign = await lotteryOf(deps, campaignId);
        return checked<Closing>({ campaign, date }, entropyProblems(campaign, entropy));
      },
      async make(closing, mutation) {
        const { campaign } = closing;
        await existingRound(deps, closing);
        const closed = await rounds.close(campaign, date, entropy, mutation);
        switch (closed) {
          case "drawn":
            return closing;
          case "repeated":
            return undefined;
          case "open":
          case "waiting":
            throw roundOpen(date);
          case "drawn-before":
            // By the same request a moment ago, maybe.
            if (mutation && (await ledger.mutation(mutation.method, mutation.requestId))) return undefined;
            throw new AlreadyDrawn();
        }
      },
      async recall(subject) {
        const [no, ofDate] = subject.split(" ");
        return { campaign: (await ledger.campaignByNo(Number(no)))!, date: ofDate! };
      },
      async finish({ campaign, date: ofDate }) {
        const round = (await ledger.round(campaign.no, ofDate))!;
        const value = await roundMessage(deps, campaign, round, context);
        return create(CloseRoundResponseSchema, { outcome: { case: "round", value } });
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof AlreadyDrawn)) throw thrown;
    const value = { reason: Reason.ALREADY_DRAWN };
    return create(CloseRoundResponseSchema, { outcome: { case: "refusal", value } });
  }
}

/** Of a day to come there is no row yet. */
async function existingRound(deps: ClosingDeps, { campaign, date }: Closing): Promise<void> {
  const day = dayOf(campaign.timeZone, date);
  if (day && hasRound(campaign, day) && openTimes(campaign, day).startMs > deps.clock())
    throw roundOpen(date);
  await roundOf(deps, campaign, date);
}

function roundOpen(date: string): Fault {
  return fault("ROUND_OPEN", `The round of ${date} is not over: it takes ballots until its end_time.`);
}
