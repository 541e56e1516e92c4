import type { Selectable } from "kysely";
import { noPrize } from "../../campaign/campaign.ts";
import type { PrizeDraft } from "../../campaign/prize-draft.ts";
import type { PrizeCounts } from "../ledger.ts";
import type { Queries } from "./database.ts";
import type { PrizeKey } from "./free-ranges.ts";
import type { PrizeTable } from "./schema.ts";

export async function insertPrize(
  tx: Queries,
  campaignNo: number,
  no: number,
  draft: PrizeDraft,
): Promise<void> {
  const granted = 0;
  await tx
    .insertInto("prize")
    .values({ campaign_no: campaignNo, no, id: draft.id, ...changeable(draft), granted })
    .execute();
}

export async function updatePrize(
  tx: Queries,
  { campaignNo, prizeNo }: PrizeKey,
  draft: PrizeDraft,
): Promise<void> {
  await tx
    .updateTable("prize")
    .set(changeable(draft))
    .where("campaign_no", "=", campaignNo)
    .where("no", "=", prizeNo)
    .execute();
}

function changeable({ name, quota, dailyQuota, oddsPpm, attributes }: PrizeDraft) {
  return {
    name,
    quota: quota ?? null,
    daily_quota: dailyQuota ?? null,
    odds_ppm: oddsPpm,
    attributes: JSON.stringify(attributes),
  };
}

/** The row of a prize, which nobody else changes until the transaction ends. */
export async function lockPrize(
  tx: Queries,
  { campaignNo, prizeNo }: PrizeKey,
): Promise<Selectable<PrizeTable> | undefined> {
  return tx
    .selectFrom("prize")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .where("no", "=", prizeNo)
    .forUpdate()
    .executeTakeFirst();
}

/** Adds to what is granted of a prize, and of one of its days where the quota is daily; less than 0 takes away. */
export async function addGranted(
  tx: Queries,
  { campaignNo, prizeNo }: PrizeKey,
  day: string,
  size: number,
): Promise<void> {
  await tx
    .updateTable("prize")
    .set(({ eb }) => ({ granted: eb("granted", "+", size) }))
    .where("campaign_no", "=", campaignNo)
    .where("no", "=", prizeNo)
    .execute();
  if (day === "") return;
  const { numUpdatedRows } = await tx
    .updateTable("prize_day")
    .set(({ eb }) => ({ granted: eb("granted", "+", size) }))
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .where("day", "=", day)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  const row = { campaign_no: campaignNo, prize_no: prizeNo, day, granted: size };
  await tx.insertInto("prize_day").values(row).execute();
}

export async function grantedOn(
  tx: Queries,
  { campaignNo, prizeNo }: PrizeKey,
  day: string,
): Promise<number> {
  const row = await tx
    .selectFrom("prize_day")
    .select("granted")
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .where("day", "=", day)
    .executeTakeFirst();
  return row?.granted ?? 0;
}

/** Raises a quota that was set below what is granted to just that; returns the quota. */
export async function settleQuota(tx: Queries, prize: PrizeKey): Promise<number | undefined> {
  const row = await lockPrize(tx, prize);
  if (!row || row.quota === null) return undefined;
  if (row.granted <= row.quota) return row.quota;
  await tx
    .updateTable("prize")
    .set({ quota: row.granted })
    .where("campaign_no", "=", prize.campaignNo)
    .where("no", "=", prize.prizeNo)
    .execute();
  return row.granted;
}

export async function counts(queries: Queries, campaignNo: number): Promise<PrizeCounts[]> {
  const rows = await queries
    .selectFrom("prize")
    .select((eb) => [
      "no",
      eb
        .selectFrom("prize_count")
        .select(({ fn }) => fn.sum<number | null>("issued").as("sum"))
        .whereRef("prize_count.campaign_no", "=", "prize.campaign_no")
        .whereRef("prize_count.prize_no", "=", "prize.no")
        .as("issued"),
      eb
        .selectFrom("returned")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .whereRef("returned.campaign_no", "=", "prize.campaign_no")
        .whereRef("returned.prize_no", "=", "prize.no")
        .as("returned"),
      eb
        .selectFrom("doubt")
        .select(({ fn }) => fn.sum<number | null>("size").as("sum"))
        .whereRef("doubt.campaign_no", "=", "prize.campaign_no")
        .whereRef("doubt.prize_no", "=", "prize.no")
        .as("in_doubt"),
    ])
    .where("campaign_no", "=", campaignNo)
    .orderBy("no")
    .execute();
  const counts = rows.map((row) => ({
    prizeNo: row.no,
    issued: row.issued ?? 0,
    returned: row.returned ?? 0,
    inDoubt: row.in_doubt ?? 0,
  }));
  const { lost } = await queries
    .selectFrom("prize_count")
    .select(({ fn }) => fn.sum<number | null>("issued").as("lost"))
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", noPrize)
    .executeTakeFirstOrThrow();
  return lost ? [...counts, { prizeNo: noPrize, issued: lost, returned: 0, inDoubt: 0 }] : counts;
}
