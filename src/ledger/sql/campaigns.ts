import type { Selectable } from "kysely";
import {
  type Campaign,
  type CodeSpace,
  type CouponExpiry,
  type DrawSecret,
  type Mechanic,
  type Prize,
  type SerialRange,
  ticketsNo,
} from "../../campaign/campaign.ts";
import { buffer } from "./bytes.ts";
import { toCodeSpace } from "./code-spaces.ts";
import type { Queries } from "./database.ts";
import type { CampaignTable, PrizeTable } from "./schema.ts";

export type CampaignRow = Selectable<CampaignTable>;

/** Campaigns with their prizes, serials and spaces; all read at one moment, since a revision is of all of them. */
export async function withParts(tx: Queries, rows: CampaignRow[]): Promise<Campaign[]> {
  if (rows.length === 0) return [];
  const spaces = await spacesByNo(tx, [...new Set(rows.map((row) => row.space_no))]);
  const nos = rows.map((row) => row.no);
  const prizes = Map.groupBy(await prizesOf(tx, nos), (prize) => prize.campaignNo);
  return rows.map((row) => toCampaign(row, spaces.get(row.space_no)!, prizes.get(row.no) ?? []));
}

async function spacesByNo(tx: Queries, nos: number[]): Promise<Map<number, CodeSpace>> {
  const rows = await tx.selectFrom("code_space").selectAll().where("no", "in", nos).execute();
  return new Map(rows.map((row) => [row.no, toCodeSpace(row)]));
}

async function prizesOf(tx: Queries, campaignNos: number[]): Promise<(Prize & { campaignNo: number })[]> {
  const rows = await tx
    .selectFrom("prize")
    .selectAll()
    .where("campaign_no", "in", campaignNos)
    .orderBy("campaign_no")
    .orderBy("no")
    .execute();
  const ranges = await tx
    .selectFrom("prize_range")
    .selectAll()
    .where("campaign_no", "in", campaignNos)
    .orderBy("first")
    .execute();
  const byPrize = Map.groupBy(ranges, (range) => `${range.campaign_no} ${range.prize_no}`);
  return rows.map((row) => toPrize(row, byPrize.get(`${row.campaign_no} ${row.no}`) ?? []));
}

function toPrize(row: Selectable<PrizeTable>, ranges: SerialRange[]): Prize & { campaignNo: number } {
  return {
    campaignNo: row.campaign_no,
    no: row.no,
    id: row.id,
    name: row.name,
    quota: row.quota ?? undefined,
    dailyQuota: row.daily_quota ?? undefined,
    oddsPpm: row.odds_ppm,
    attributes: JSON.parse(row.attributes),
    ranges: ranges.map(({ first, size }) => ({ first, size })),
  };
}

function toCampaign(
  row: CampaignRow,
  space: CodeSpace,
  prizes: (Prize & { campaignNo: number })[],
): Campaign {
  return {
    no: row.no,
    id: row.id,
    revision: row.revision,
    name: row.name,
    startMs: row.start_ms,
    endMs: row.end_ms,
    timeZone: row.time_zone,
    mechanic: { kind: row.mechanic, ...JSON.parse(row.mechanic_settings) } as Mechanic,
    prizes: prizes.filter(({ no }) => no < ticketsNo).map(withoutCampaign),
    tickets: prizes.filter(({ no }) => no === ticketsNo).map(withoutCampaign)[0],
    limits: {
      perUser: row.per_user,
      perUserPerDay: row.per_user_per_day,
      perAddress: row.per_address,
    },
    requireRegistration: row.require_registration === 1,
    couponExpiry: couponExpiryOf(row),
    drawSecret: drawSecretOf(row),
    space,
    allowGuessable: row.allow_guessable === 1,
    partitions: row.partitions,
    paused: row.paused === 1,
    endedMs: row.ended_ms ?? undefined,
    retired: row.retired === 1,
    createMs: row.create_ms,
    updateMs: row.update_ms,
  };
}

function withoutCampaign({ campaignNo: _, ...prize }: Prize & { campaignNo: number }): Prize {
  return prize;
}

export function couponExpiryOf({
  coupon_expire_ms,
  coupon_lifetime_ms,
}: Pick<CampaignRow, "coupon_expire_ms" | "coupon_lifetime_ms">): CouponExpiry | undefined {
  if (coupon_expire_ms !== null) return { kind: "at", ms: coupon_expire_ms };
  return coupon_lifetime_ms === null ? undefined : { kind: "after", ms: coupon_lifetime_ms };
}

export function couponExpiryColumns(expiry: CouponExpiry | null | undefined) {
  return {
    coupon_expire_ms: expiry?.kind === "at" ? expiry.ms : null,
    coupon_lifetime_ms: expiry?.kind === "after" ? expiry.ms : null,
  };
}

function drawSecretOf({ draw_secret, draw_commitment, draw_revealed }: CampaignRow): DrawSecret | undefined {
  if (!draw_secret) return undefined;
  return {
    wrapped: buffer(draw_secret),
    commitment: buffer(draw_commitment!),
    revealed: draw_revealed === 1,
  };
}
