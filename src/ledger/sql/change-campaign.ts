import type { CampaignChange } from "../../campaign/change.ts";
import type { PrizeDraft } from "../../campaign/prize-draft.ts";
import type { Changed, Mutation } from "../ledger.ts";
import { type CampaignRow, couponExpiryColumns, withParts } from "./campaigns.ts";
import { attempt, type Database, type Queries } from "./database.ts";
import { addMutation } from "./mutations.ts";
import { insertPrize, lockPrize, settleQuota, updatePrize } from "./prizes.ts";
import { lockSpace, reserveAll, type Want } from "./reserve.ts";
import { keepRevision } from "./revisions.ts";

export function changeCampaign(
  db: Database,
  id: string,
  revision: number | undefined,
  change: CampaignChange,
  mutation: Mutation | undefined,
): Promise<Changed> {
  return attempt<Changed>(db, async (tx, undo) => {
    const before = await tx
      .selectFrom("campaign")
      .selectAll()
      .where("id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (!before) return undo({ kind: "not-found" });
    // Before anything can be refused: the same mutation may have deleted the campaign, or moved its revision on.
    if (mutation && !(await addMutation(db, tx, mutation, { subject: String(before.no) }, change.nowMs))) {
      return undo({ kind: "repeated" });
    }
    if (before.deleted_ms !== null) return undo({ kind: "not-found" });
    if (revision !== undefined && before.revision !== revision) {
      return undo({ kind: "revision-mismatch", revision: before.revision });
    }
    const room = change.prizes && (await changePrizes(db, tx, before, change.prizes));
    if (room !== undefined) return undo({ kind: "no-room", room });
    // A change of nothing is recorded for its repeats, and is no revision.
    const { nowMs, ...fields } = change;
    const isRevision = Object.values(fields).some((value) => value !== undefined);
    if (isRevision) await update(tx, before, change);
    const after = await tx
      .selectFrom("campaign")
      .selectAll()
      .where("no", "=", before.no)
      .executeTakeFirstOrThrow();
    const [campaign] = await withParts(tx, [after]);
    if (isRevision) await keepRevision(tx, campaign!);
    return { kind: "changed", campaign: campaign! };
  });
}

async function update(tx: Queries, before: CampaignRow, change: CampaignChange): Promise<void> {
  const { limits } = change;
  // Columns that are undefined are left out.
  await tx
    .updateTable("campaign")
    .set({
      revision: before.revision + 1,
      name: change.name,
      start_ms: change.startMs,
      end_ms: change.endMs,
      time_zone: change.timeZone,
      per_user: limits?.perUser,
      per_user_per_day: limits?.perUserPerDay,
      per_address: limits?.perAddress,
      paused: flag(change.paused),
      ended_ms: change.endedMs,
      retired: flag(change.retired),
      deleted_ms: change.deletedMs,
      update_ms: change.nowMs,
      require_registration: flag(change.requireRegistration),
      ...(change.couponExpiry !== undefined && couponExpiryColumns(change.couponExpiry)),
      draw_revealed: flag(change.revealed),
    })
    .where("no", "=", before.no)
    .execute();
}

const flag = (value: boolean | undefined) => (value === undefined ? undefined : value ? 1 : 0);

/** Changes the prizes that are there, by place, and adds new ones; returns the room there is where that is too little. */
async function changePrizes(
  db: Database,
  tx: Queries,
  { no: campaignNo, mechanic, space_no, allow_guessable }: CampaignRow,
  drafts: PrizeDraft[],
): Promise<number | undefined> {
  const isStocked = mechanic !== "raffle" && mechanic !== "lottery";
  const wants: Want[] = [];
  for (const [prizeNo, draft] of drafts.entries()) {
    const prize = { campaignNo, prizeNo };
    const before = await lockPrize(tx, prize);
    if (!before) {
      await insertPrize(tx, campaignNo, prizeNo, draft);
      if (isStocked) wants.push({ ...prize, size: draft.quota });
      continue;
    }
    if (before.id !== draft.id) throw new Error(`prize ${prizeNo} is "${before.id}", not "${draft.id}"`);
    // A pool has as many as there are codes, which may have become more meanwhile.
    const isPool = mechanic === "code-pool";
    await updatePrize(tx, prize, isPool ? { ...draft, quota: before.quota ?? undefined } : draft);
    if (!isStocked || isPool) continue;
    // Where nothing is lent, what is granted is issued and stays so.
    if (!db.lends) await settleQuota(tx, prize);
    const missing = (draft.quota ?? 0) - (await usable(tx, campaignNo, prizeNo));
    if (missing > 0) wants.push({ ...prize, size: missing });
  }
  if (wants.length === 0) return undefined;
  return reserveAll(tx, await lockSpace(tx, space_no, allow_guessable === 1), wants);
}

/**
 * How many of a prize's serials can be issued or were: a lowered quota leaves them reserved, so that raising it again takes no new ones; but
 * those of coupons whose quota was returned are burned.
 */
async function usable(tx: Queries, campaignNo: number, prizeNo: number): Promise<number> {
  const { reserved, burned } = await tx
    .selectFrom("prize_range")
    .select((eb) => [
      eb.fn.sum<number | null>("size").as("reserved"),
      eb
        .selectFrom("returned")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("campaign_no", "=", campaignNo)
        .where("prize_no", "=", prizeNo)
        .as("burned"),
    ])
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .executeTakeFirstOrThrow();
  return (reserved ?? 0) - (burned ?? 0);
}
