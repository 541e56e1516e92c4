import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { noPrize } from "../campaign/campaign.ts";
import { dayAt } from "../campaign/day.ts";
import {
  DrawSchema,
  type ListDrawsRequest,
  type ListDrawsResponse,
  ListDrawsResponseSchema,
} from "../gen/allot/v1/draw_pb.js";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { Entry, EntryKey } from "../ledger/entries.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type CouponMessageDeps, couponMessages } from "./coupon-message.ts";
import { type FieldProblem, invalid } from "./errors.ts";
import { pageOf, pageToken } from "./pages.ts";
import { userOf } from "./requester.ts";
import { wrongMechanic } from "./taking.ts";

export type DrawListDeps = CouponMessageDeps;

/** Draws as the ledger has them, with their coupons as they are now. */
export async function listDraws(
  deps: DrawListDeps,
  request: ListDrawsRequest,
  context: HandlerContext,
): Promise<ListDrawsResponse> {
  const { ledger, secrets } = deps;
  const { campaignId, won } = request;
  const userId = userOf(request.userId, context);
  const problems: FieldProblem[] = [];
  if (campaignId === "") problems.push({ field: "campaign_id", problem: "It is required." });
  const query = ["ListDraws", campaignId, userId, String(won)];
  const page = pageOf(secrets.pageKey, query, request, problems);
  if (problems.length > 0) throw invalid(problems);
  const campaign = await ledger.campaign(campaignId);
  if (!campaign) throw campaignNotFound(campaignId);
  if (campaign.mechanic.kind !== "instant-win") throw wrongMechanic({ campaign });
  const [partitionNo, epoch, n, i] = page.after ?? [];
  const rows = await ledger.entriesOf(
    campaign.no,
    { ...(userId !== "" && { userHash: keyedHash(secrets.userHashKey, [userId]) }), withPrize: won },
    page.after && ({ partitionNo, epoch, n, i } as EntryKey),
    page.size,
  );
  const coupons = await couponsOf(deps, rows);
  const last = rows.length === page.size ? rows.at(-1) : undefined;
  return create(ListDrawsResponseSchema, {
    draws: rows.map((row) =>
      create(DrawSchema, {
        campaignId,
        userId: row.userId,
        date: dayAt(campaign.timeZone, row.timeMs).date,
        number: row.number,
        prizeId: row.prizeNo === noPrize ? "" : campaign.prizes[row.prizeNo]!.id,
        coupon: coupons.get(row),
        drawTime: timestampFromMs(row.timeMs),
      }),
    ),
    nextPageToken: last
      ? pageToken(secrets.pageKey, query, [last.partitionNo, last.epoch, last.n, last.i])
      : "",
  });
}

async function couponsOf(deps: DrawListDeps, rows: Entry[]) {
  const won = rows.filter((row) => row.serial !== undefined);
  const coupons = await couponMessages(deps, won);
  return new Map(won.map((row, at) => [row, coupons[at]!]));
}
