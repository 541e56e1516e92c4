import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  type ListWinnersRequest,
  type ListWinnersResponse,
  ListWinnersResponseSchema,
} from "../gen/allot/v1/raffle_pb.js";
import type { KnownCampaigns } from "../issuing/known-campaigns.ts";
import { keyedHash } from "../keys/keyed-hash.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type FieldProblem, invalid } from "./errors.ts";
import { pageOf, pageToken } from "./pages.ts";
import { type DrawWinnersDeps, raffleDrawMessage } from "./raffle-draw.ts";
import { shownUserId } from "./requester.ts";
import { wrongMechanic } from "./taking.ts";

/** Everybody may see which tickets won; users see whose only where it is their own. */
export async function listWinners(
  { ledger, secrets, campaigns }: DrawWinnersDeps & { campaigns: KnownCampaigns },
  request: ListWinnersRequest,
  context: HandlerContext,
): Promise<ListWinnersResponse> {
  const { campaignId, userId } = request;
  const problems: FieldProblem[] = [];
  if (campaignId === "") problems.push({ field: "campaign_id", problem: "It is required." });
  const query = ["ListWinners", campaignId, userId];
  const page = pageOf(secrets.pageKey, query, request, problems);
  if (problems.length > 0) throw invalid(problems);
  const known = await campaigns.known(campaignId);
  if (!known) throw campaignNotFound(campaignId);
  const { campaign } = known;
  if (campaign.mechanic.kind !== "raffle") throw wrongMechanic(known);
  const draw = await ledger.raffleDraw(campaign.no);
  if (!draw) return create(ListWinnersResponseSchema);
  const userHash = userId === "" ? undefined : keyedHash(secrets.userHashKey, [userId]);
  const rows = await ledger.raffleWinners(campaign.no, userHash, page.after?.[0] ?? 0, page.size);
  const numbers = campaigns.tickets.numbers(
    campaign.no,
    rows.map(({ serial }) => serial),
  );
  const last = rows.length === page.size ? rows.at(-1) : undefined;
  return create(ListWinnersResponseSchema, {
    draw: raffleDrawMessage(campaignId, draw),
    winners: rows.map((row, at) => ({
      rank: row.position,
      ticketNumber: numbers[at]!,
      prizeId: campaign.prizes[row.prizeNo]!.id,
      userId: shownUserId(row.userId, context),
    })),
    nextPageToken: last ? pageToken(secrets.pageKey, query, [last.position]) : "",
  });
}
