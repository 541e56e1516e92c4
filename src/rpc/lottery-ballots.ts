import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Campaign } from "../campaign/campaign.ts";
import { dayAt } from "../campaign/day.ts";
import { drawnTimes } from "../campaign/rounds.ts";
import {
  type ListBallotsRequest,
  type ListBallotsResponse,
  ListBallotsResponseSchema,
} from "../gen/allot/v1/lottery_pb.js";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { Entry, EntryFilter, EntryKey } from "../ledger/entries.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Round } from "../ledger/rounds.ts";
import { type FieldProblem, invalid } from "./errors.ts";
import { ballotMessage, dateProblems, type LotteryDeps, lotteryOf, roundOf } from "./lottery-rounds.ts";
import { pageOf, pageToken } from "./pages.ts";
import { userOf } from "./requester.ts";

/** Ballots as the ledger has them. */
export async function listBallots(
  deps: LotteryDeps,
  request: ListBallotsRequest,
  context: HandlerContext,
): Promise<ListBallotsResponse> {
  const { ledger, secrets, ballotIds } = deps;
  const { campaignId, date } = request;
  const userId = userOf(request.userId, context);
  const problems: FieldProblem[] = [];
  if (campaignId === "") problems.push({ field: "campaign_id", problem: "It is required." });
  problems.push(...dateProblems("date", date));
  const query = ["ListBallots", campaignId, date, userId];
  const page = pageOf(secrets.pageKey, query, request, problems);
  if (problems.length > 0) throw invalid(problems);
  const campaign = await lotteryOf(deps, campaignId);
  const round = await roundOf(deps, campaign, date);
  const [partitionNo, epoch, n, i] = page.after ?? [];
  const rows = await ledger.entriesOf(
    campaign.no,
    await filterOf(
      ledger,
      campaign,
      round,
      userId === "" ? undefined : keyedHash(secrets.userHashKey, [userId]),
    ),
    page.after && ({ partitionNo, epoch, n, i } as EntryKey),
    page.size,
  );
  const prizes = await prizesOf(ledger, round, rows);
  const last = rows.length === page.size ? rows.at(-1) : undefined;
  return create(ListBallotsResponseSchema, {
    ballots: rows.map((row) => {
      const ofDate = dayAt(campaign.timeZone, row.timeMs).date;
      return ballotMessage(ballotIds, campaign, ofDate, row, prizes.get(keyOf(row)), row.userId);
    }),
    nextPageToken: last
      ? pageToken(secrets.pageKey, query, [last.partitionNo, last.epoch, last.n, last.i])
      : "",
  });
}

/** Marks spare reading what is of other rounds; a user has few entries. */
async function filterOf(
  ledger: Ledger,
  campaign: Campaign,
  round: Round,
  userHash: Buffer | undefined,
): Promise<EntryFilter> {
  const { fromMs, toMs } = drawnTimes(campaign, round);
  const times = { fromMs, ...(toMs !== undefined && { toMs }) };
  if (userHash) return { userHash, ...times };
  const fromMark = await ledger.markBefore(campaign.no, round.date);
  return { ...(fromMark && { fromMark }), ...(round.mark && { toMark: round.mark }), ...times };
}

async function prizesOf(ledger: Ledger, round: Round, rows: Entry[]): Promise<Map<string, number>> {
  if (!round.draw?.winners) return new Map();
  const winners = await ledger.roundWinners(
    round.campaignNo,
    round.date,
    rows.map(({ userHash }) => userHash),
  );
  return new Map(winners.map((winner) => [keyOf(winner), winner.prizeNo]));
}

const keyOf = ({ partitionNo, epoch, n, i }: EntryKey) => `${partitionNo} ${epoch} ${n} ${i}`;
