import { dayAt } from "../../../campaign/day.ts";
import type { CouponRow } from "../../ledger.ts";
import type { Queries } from "../../sql/database.ts";
import { takeFree, without } from "../../sql/free-ranges.ts";
import { addGranted, lockPrize } from "../../sql/prizes.ts";

/**
 * A coupon came late, from a store whose block had been closed already: its serial was in doubt and no longer is, or was taken for free
 * and must not be lent. Where it has been lent again, that pool's entry will conflict and tell.
 */
export async function claimStray(tx: Queries, entry: CouponRow): Promise<void> {
  const prize = await lockPrize(tx, entry);
  if (!prize || (await takeFromDoubt(tx, entry))) return;
  if (!(await takeFree(tx, entry, entry.serial))) return;
  const day = prize.daily_quota === null ? "" : dayAt(await timeZoneOf(tx, entry), entry.timeMs).date;
  await addGranted(tx, entry, day, 1);
}

async function takeFromDoubt(tx: Queries, { campaignNo, prizeNo, serial }: CouponRow): Promise<boolean> {
  const range = await tx
    .selectFrom("doubt")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .where("first", "<=", serial)
    .orderBy("first", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!range || serial >= range.first + range.size) return false;
  await tx
    .deleteFrom("doubt")
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .where("first", "=", range.first)
    .execute();
  for (const rest of without(range, { first: serial, size: 1 })) {
    await tx
      .insertInto("doubt")
      .values({ ...range, ...rest })
      .execute();
  }
  return true;
}

async function timeZoneOf(tx: Queries, { campaignNo }: CouponRow): Promise<string> {
  const { time_zone } = await tx
    .selectFrom("campaign")
    .select("time_zone")
    .where("no", "=", campaignNo)
    .executeTakeFirstOrThrow();
  return time_zone;
}
