import { dayAt } from "../../campaign/day.ts";
import { revoked } from "../../campaign/redemption.ts";
import type { Mutation } from "../ledger.ts";
import type { Revocation, Revoked } from "../redemptions.ts";
import { buffer } from "./bytes.ts";
import { attempt, type Database, type Queries } from "./database.ts";
import { appendEvent } from "./events.ts";
import { addMutation } from "./mutations.ts";
import { addGranted, lockPrize } from "./prizes.ts";
import { type HeldCoupon, holdCoupons, keyOf, writeRedemptions } from "./redemptions.ts";
import { lockSpace, reserveAll } from "./reserve.ts";

export function revoke(
  db: Database,
  { spaceNo, serial, reason, returnQuota }: Revocation,
  mutation: Mutation | undefined,
): Promise<Revoked> {
  return attempt<Revoked>(db, async (tx, undo) => {
    const [coupon] = await holdCoupons(db, tx, [{ spaceNo, serial }]);
    if (!coupon) return undo({ kind: "not-found" });
    const { nowMs, campaignNo } = coupon;
    const about = { subject: keyOf(coupon), userHash: buffer(coupon.userHash) };
    if (mutation && !(await addMutation(db, tx, mutation, about, nowMs))) return undo({ kind: "repeated" });
    const redemption = revoked(coupon.redemption, reason, nowMs);
    if (!redemption) return { kind: "revoked" };
    await writeRedemptions(tx, [{ ...coupon, redemption }]);
    const problem = returnQuota && (await returnUnit(tx, coupon));
    if (problem) return undo({ kind: problem });
    const data = { spaceNo, serial, reason, quotaReturned: returnQuota };
    await appendEvent(tx, campaignNo, "coupon.revoked", data, nowMs);
    return { kind: "revoked" };
  });
}

/** Lets one more be lent in a coupon's place: its own serial is burned, so another one is reserved. */
async function returnUnit(
  tx: Queries,
  { campaignNo, prizeNo, spaceNo, serial, issueMs, nowMs }: HeldCoupon,
): Promise<"code-pool" | "no-room" | undefined> {
  const campaign = await tx
    .selectFrom("campaign")
    .select(["mechanic", "time_zone"])
    .where("no", "=", campaignNo)
    .executeTakeFirstOrThrow();
  if (campaign.mechanic === "code-pool") return "code-pool";
  const place = { campaignNo, prizeNo };
  const prize = (await lockPrize(tx, place))!;
  if (prize.quota !== null) {
    // One code for another: they are no easier to guess.
    const space = await lockSpace(tx, spaceNo, true);
    if ((await reserveAll(tx, space, [{ ...place, size: 1 }])) !== undefined) return "no-room";
  }
  // What another day's quota was used for does not come back today.
  const day = dayAt(campaign.time_zone, issueMs);
  const isToday = nowMs < day.endMs;
  await addGranted(tx, place, prize.daily_quota !== null && isToday ? day.date : "", -1);
  await tx
    .insertInto("returned")
    .values({ campaign_no: campaignNo, serial, space_no: spaceNo, prize_no: prizeNo, released: 0 })
    .execute();
  return undefined;
}
