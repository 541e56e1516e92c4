import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import type { Campaign } from "../campaign/campaign.ts";
import { dayOf, isDate } from "../campaign/day.ts";
import { hasRound, openTimes, overMs, roundsUntilMs } from "../campaign/rounds.ts";
import type { BallotIds } from "../draws/ballot-id.ts";
import { roundSecret } from "../draws/winners.ts";
import { openRounds } from "../flows/rounds.ts";
import {
  type Ballot,
  BallotSchema,
  type GetRoundRequest,
  type GetRoundResponse,
  GetRoundResponseSchema,
  type ListRoundsRequest,
  type ListRoundsResponse,
  ListRoundsResponseSchema,
  type Round as RoundMessage,
  RoundSchema,
  Round_State as State,
} from "../gen/allot/v1/lottery_pb.js";
import type { Secrets } from "../keys/secrets.ts";
import type { Entry } from "../ledger/entries.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Round, RoundFilter, WinningBallot } from "../ledger/rounds.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type Fault, type FieldProblem, fault, invalid } from "./errors.ts";
import { pageOf, pageToken } from "./pages.ts";
import { shownUserId } from "./requester.ts";
import { wrongMechanic } from "./taking.ts";

export interface LotteryDeps {
  ledger: Ledger;
  secrets: Pick<Secrets, "pageKey" | "userHashKey" | "unwrap">;
  ballotIds: BallotIds;
  /** Milliseconds since the Unix epoch. */
  clock: () => number;
}

/** A page ends early where its rounds have more winners than fit a message. */
const winnersMax = 10_000;

export function roundNotFound({ id }: Pick<Campaign, "id">, date: string): Fault {
  return fault("ROUND_NOT_FOUND", `Campaign "${id}" has no round of ${date}, or none yet.`);
}

/** Throws CAMPAIGN_NOT_FOUND and WRONG_MECHANIC. */
export async function lotteryOf({ ledger }: Pick<LotteryDeps, "ledger">, id: string): Promise<Campaign> {
  const campaign = await ledger.campaign(id);
  if (!campaign) throw campaignNotFound(id);
  if (campaign.mechanic.kind !== "lottery") throw wrongMechanic({ campaign });
  return campaign;
}

export function dateProblems(field: string, date: string): FieldProblem[] {
  return isDate(date) ? [] : [{ field, problem: "It must be a date, as in 2026-11-20." }];
}

/** Throws ROUND_NOT_FOUND, also of rounds to come. */
export async function roundOf(
  { ledger, clock }: LotteryDeps,
  campaign: Campaign,
  date: string,
): Promise<Round> {
  const day = dayOf(campaign.timeZone, date);
  const nowMs = clock();
  if (!day || !hasRound(campaign, day) || openTimes(campaign, day).startMs > nowMs)
    throw roundNotFound(campaign, date);
  await openRounds(ledger, campaign, nowMs);
  const round = await ledger.round(campaign.no, date);
  if (!round) throw roundNotFound(campaign, date);
  return round;
}

export async function getRound(
  deps: LotteryDeps,
  { campaignId, date }: GetRoundRequest,
  context: HandlerContext,
): Promise<GetRoundResponse> {
  const problems: FieldProblem[] = [];
  if (campaignId === "") problems.push({ field: "campaign_id", problem: "It is required." });
  if (date !== "") problems.push(...dateProblems("date", date));
  if (problems.length > 0) throw invalid(problems);
  const campaign = await lotteryOf(deps, campaignId);
  const round = date === "" ? await latestRound(deps, campaign) : await roundOf(deps, campaign, date);
  return create(GetRoundResponseSchema, { round: await roundMessage(deps, campaign, round, context) });
}

async function latestRound({ ledger, clock }: LotteryDeps, campaign: Campaign): Promise<Round> {
  const nowMs = clock();
  await openRounds(ledger, campaign, nowMs);
  const [round] = await ledger.rounds(campaign.no, filterAt(campaign, nowMs, []), undefined, 1);
  if (!round) throw fault("ROUND_NOT_FOUND", `Campaign "${campaign.id}" has no round yet.`);
  return round;
}

export async function listRounds(
  deps: LotteryDeps,
  request: ListRoundsRequest,
  context: HandlerContext,
): Promise<ListRoundsResponse> {
  const { ledger, secrets, clock } = deps;
  const { campaignId } = request;
  const problems: FieldProblem[] = [];
  if (campaignId === "") problems.push({ field: "campaign_id", problem: "It is required." });
  const wanted = new Set<RoundFilter["states"][number]>();
  for (const [at, message] of request.states.entries()) {
    const state = stateOf(message);
    if (state) wanted.add(state);
    else problems.push({ field: `states[${at}]`, problem: `There is no state ${message}.` });
  }
  const states = [...wanted].sort();
  const query = ["ListRounds", campaignId, ...states];
  const page = pageOf(secrets.pageKey, query, request, problems);
  if (problems.length > 0) throw invalid(problems);
  const campaign = await lotteryOf(deps, campaignId);
  const nowMs = clock();
  await openRounds(ledger, campaign, nowMs);
  const filter = filterAt(campaign, nowMs, states);
  const before = page.after && dateOf(page.after[0]!);
  const found = await ledger.rounds(campaign.no, filter, before, page.size + 1);
  const rounds = fitting(found.slice(0, page.size));
  const last = rounds.length < found.length ? rounds.at(-1) : undefined;
  return create(ListRoundsResponseSchema, {
    rounds: await roundMessages(deps, campaign, rounds, context),
    nextPageToken: last ? pageToken(secrets.pageKey, query, [numberOf(last.date)]) : "",
  });
}

/** Page tokens are made of numbers. */
const numberOf = (date: string) => Number(date.replaceAll("-", ""));
const dateOf = (number: number) => String(number).replace(/^(....)(..)(..)$/, "$1-$2-$3");

function fitting(rounds: Round[]): Round[] {
  let winners = 0;
  const end = rounds.findIndex(({ draw }, at) => {
    winners += draw?.winners ?? 0;
    return at > 0 && winners > winnersMax;
  });
  return end < 0 ? rounds : rounds.slice(0, end);
}

function filterAt(campaign: Campaign, nowMs: number, states: RoundFilter["states"]): RoundFilter {
  return { states, nowMs, overMs: overMs(campaign), untilMs: roundsUntilMs(campaign) };
}

function stateOf(state: State): RoundFilter["states"][number] | undefined {
  return ({ [State.OPEN]: "open", [State.SEALED]: "sealed", [State.DRAWN]: "drawn" } as const)[
    state as State.OPEN
  ];
}

export async function roundMessage(
  deps: LotteryDeps,
  campaign: Campaign,
  round: Round,
  context: HandlerContext,
): Promise<RoundMessage> {
  const [message] = await roundMessages(deps, campaign, [round], context);
  return message!;
}

async function roundMessages(
  { ledger, secrets, ballotIds, clock }: LotteryDeps,
  campaign: Campaign,
  rounds: Round[],
  context: HandlerContext,
): Promise<RoundMessage[]> {
  const nowMs = clock();
  const drawn = rounds.filter(({ draw }) => draw && draw.winners > 0);
  const winners = await ledger.winningBallots(
    campaign.no,
    drawn.map(({ date }) => date),
  );
  const byDate = Map.groupBy(winners, ({ date }) => date);
  const campaignSecret = secrets.unwrap("draw", campaign.drawSecret!.wrapped);
  const ballot = ({ date, prizeNo, entry }: WinningBallot) =>
    ballotMessage(ballotIds, campaign, date, entry, prizeNo, shownUserId(entry.userId, context));
  return rounds.map((round) => {
    const { date, state, draw } = round;
    const { startMs, endMs } = openTimes(campaign, round);
    const secret = roundSecret(campaignSecret, campaign.id, date);
    return create(RoundSchema, {
      campaignId: campaign.id,
      date,
      startTime: timestampFromMs(startMs),
      endTime: timestampFromMs(endMs),
      state: draw ? State.DRAWN : state === "open" && nowMs < endMs ? State.OPEN : State.SEALED,
      secretCommitment: createHash("sha256").update(secret).digest(),
      ...(draw && {
        ballots: draw.ballots,
        winners: (byDate.get(date) ?? []).map(ballot),
        drawTime: timestampFromMs(draw.drawMs),
        revealedSecret: secret,
        digest: draw.digest,
        entropy: draw.entropy,
      }),
    });
  });
}

/** `prizeNo`: undefined where it won nothing, or nothing yet. */
export function ballotMessage(
  ballotIds: BallotIds,
  campaign: Campaign,
  date: string,
  { userHash, number, timeMs }: Entry,
  prizeNo: number | undefined,
  userId: string,
): Ballot {
  return create(BallotSchema, {
    id: ballotIds.of(campaign.id, userHash, date, number),
    campaignId: campaign.id,
    date,
    userId,
    number,
    submitTime: timestampFromMs(timeMs),
    prizeId: prizeNo === undefined ? "" : campaign.prizes[prizeNo]!.id,
  });
}
