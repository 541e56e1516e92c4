import type { ServiceImpl } from "@connectrpc/connect";
import type { Campaign } from "../campaign/campaign.ts";
import { dateAt, dayOf, isDate } from "../campaign/day.ts";
import { hasRound } from "../campaign/rounds.ts";
import type {
  Ballot,
  LotteryService,
  SubmitBallotRequest,
  SubmitBallotResponse,
} from "../gen/allot/v1/lottery_pb.js";
import type { Issued } from "../issuing/request.ts";
import { keyedHash } from "../keys/keyed-hash.ts";
import { issueTime, refusalMessage, undecided } from "./issue-answer.ts";
import { listBallots } from "./lottery-ballots.ts";
import type { ClosingDeps } from "./lottery-closing.ts";
import { closeRound } from "./lottery-closing.ts";
import { getRound, type LotteryDeps, listRounds, roundNotFound } from "./lottery-rounds.ts";
import { answering } from "./outage.ts";
import { type IssuingDeps, type Taking, taking } from "./taking.ts";

export interface LotteryServiceDeps extends IssuingDeps, LotteryDeps, ClosingDeps {}

type Methods = ServiceImpl<typeof LotteryService>;

/** LotteryService as allot/v1/lottery.proto has it. */
export function createLotteryService(deps: LotteryServiceDeps): Methods {
  return {
    // A Later is awaited like a promise, which is all that connect does with it.
    submitBallot: taking(deps, submitting(deps)) as unknown as Methods["submitBallot"],
    closeRound: answering((request, context) => closeRound(deps, request, context)),
    getRound: answering((request, context) => getRound(deps, request, context)),
    listRounds: answering((request, context) => listRounds(deps, request, context)),
    listBallots: answering((request, context) => listBallots(deps, request, context)),
  };
}

function submitting({
  ballotIds,
  secrets,
}: LotteryServiceDeps): Taking<SubmitBallotRequest, SubmitBallotResponse> {
  const ballot = (
    { campaignId, userId }: SubmitBallotRequest,
    { number, issueMs }: Extract<Issued, { kind: "entry" }>,
    { timeZone }: Campaign,
  ): Ballot => {
    const date = dateAt(timeZone, issueMs);
    const userHash = keyedHash(secrets.userHashKey, [userId]);
    return {
      $typeName: "allot.v1.Ballot",
      id: ballotIds.of(campaignId, userHash, date, number),
      campaignId,
      date,
      userId,
      number,
      submitTime: issueTime(issueMs),
      prizeId: "",
    };
  };
  /** Written out, as issue-answer.ts does. */
  const answered = (outcome: SubmitBallotResponse["outcome"], replayed: boolean): SubmitBallotResponse => ({
    $typeName: "allot.v1.SubmitBallotResponse",
    outcome,
    replayed,
  });
  return {
    kind: "lottery",
    check(_, { date }, report) {
      if (date !== "" && !isDate(date)) report("date", "It must be a date, as in 2026-11-20.");
    },
    day({ campaign }, { date }) {
      if (date === "") return undefined;
      const day = dayOf(campaign.timeZone, date);
      if (!day || !hasRound(campaign, day)) throw roundNotFound(campaign, date);
      return day;
    },
    answer(request, issued, { campaign }) {
      switch (issued.kind) {
        case "coupon":
          throw new Error("a ballot brought something from stock");
        case "entry":
          return answered({ case: "ballot", value: ballot(request, issued, campaign) }, issued.replayed);
        case "refusal":
          return answered({ case: "refusal", value: refusalMessage(issued) }, false);
        default:
          return undecided(request, issued);
      }
    },
  };
}
