import type { SerialRange } from "../../../campaign/campaign.ts";
import { codesMax } from "../../code-pools.ts";
import type { Queries } from "../database.ts";
import { addFree, type PrizeKey } from "../free-ranges.ts";
import { lockPrize } from "../prizes.ts";

/** A pool has one prize. */
export const prizeOfPool = (campaignNo: number): PrizeKey => ({ campaignNo, prizeNo: 0 });

/** Makes reserved serials of a pool codes that can be assigned. */
export async function addCodes(tx: Queries, campaignNo: number, serials: SerialRange): Promise<void> {
  await addToQuota(tx, campaignNo, serials.size);
  await addFree(tx, prizeOfPool(campaignNo), serials);
}

/** Makes serials a pool's: neighbours of those that it has are one range with them, so that many small additions are few ranges. */
export async function addPoolRange(tx: Queries, campaignNo: number, range: SerialRange): Promise<void> {
  const { prizeNo } = prizeOfPool(campaignNo);
  const { numUpdatedRows } = await tx
    .updateTable("prize_range")
    .set(({ eb }) => ({ size: eb("size", "+", range.size) }))
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .where((eb) => eb(eb("first", "+", eb.ref("size")), "=", range.first))
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  await tx
    .insertInto("prize_range")
    .values({ campaign_no: campaignNo, prize_no: prizeNo, ...range })
    .execute();
}

/** Changes how many codes a pool has, and locks its prize. */
export async function addToQuota(tx: Queries, campaignNo: number, size: number): Promise<void> {
  await tx
    .updateTable("prize")
    .set(({ eb }) => ({ quota: eb("quota", "+", size) }))
    .where("campaign_no", "=", campaignNo)
    .where("no", "=", prizeOfPool(campaignNo).prizeNo)
    .execute();
}

/** How many more codes a pool can have, with those that are still to be made counted; locks its prize. */
export async function roomInPool(tx: Queries, campaignNo: number): Promise<number> {
  const prize = await lockPrize(tx, prizeOfPool(campaignNo));
  const { unmade } = await tx
    .selectFrom("code_batch")
    .select((eb) => eb.fn.sum<number | null>(eb("size", "-", eb.ref("made"))).as("unmade"))
    .where("campaign_no", "=", campaignNo)
    .executeTakeFirstOrThrow();
  return codesMax - (prize!.quota ?? 0) - (unmade ?? 0);
}
