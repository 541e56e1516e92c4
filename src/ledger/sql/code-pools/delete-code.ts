import type { RawBuilder } from "kysely";
import type { SerialRange } from "../../../campaign/campaign.ts";
import type { CodeDeleted, CodeKey } from "../../code-pools.ts";
import type { Mutation } from "../../mutation.ts";
import { attempt, type Database, type Queries } from "../database.ts";
import { type PrizeKey, takeFree } from "../free-ranges.ts";
import { addMutation } from "../mutations.ts";
import { lockPrize } from "../prizes.ts";
import { addToQuota, prizeOfPool } from "./add-codes.ts";
import { poolOf } from "./batches.ts";
import { asCampaign, lockCampaign } from "./revise.ts";

export function deleteCode(
  db: Database,
  code: CodeKey,
  nowMs: number,
  mutation: Mutation | undefined,
): Promise<CodeDeleted> {
  const { serial } = code;
  return attempt<CodeDeleted>(db, async (tx, undo) => {
    const refuse = (answer: CodeDeleted) => (mutation ? undo(answer) : answer);
    const subject = codeSubject(code);
    if (mutation && !(await addMutation(db, tx, mutation, { subject }, nowMs)))
      return undo({ kind: "repeated" });
    const campaignNo = await poolOf(tx, code);
    if (campaignNo === undefined) return refuse({ kind: "not-found" });
    const prize = prizeOfPool(campaignNo);
    await lockPrize(tx, prize);
    const mark = await markOf(tx, code);
    if (mark && mark.delete_ms !== null) return { kind: "deleted" };
    if (await takeFree(tx, prize, serial)) {
      await takeOut(tx, campaignNo);
      await addMark(tx, code, campaignNo, nowMs);
      return { kind: "deleted" };
    }
    if (!db.lends || !(await isLent(tx, prize, serial))) {
      // It was given out: a mark from before is for nothing.
      if (mark) await removeMark(tx, code);
      return refuse({ kind: "assigned" });
    }
    if (!mark) await addMark(tx, code, campaignNo, null);
    return { kind: "lent", campaign: await asCampaign(tx, await lockCampaign(tx, campaignNo)) };
  });
}

/** As a mutation records it. */
export const codeSubject = ({ spaceNo, serial }: CodeKey) => `${spaceNo} ${serial}`;

/** Of serials that were just freed, takes out those whose codes are to be deleted: nobody can have lent them again yet. */
export async function takeOutMarked(
  tx: Queries,
  prize: PrizeKey,
  { first, size }: SerialRange,
  nowMs: number | RawBuilder<number>,
): Promise<void> {
  const marked = tx
    .selectFrom("deleted_code")
    .select(["space_no", "serial"])
    .where("campaign_no", "=", prize.campaignNo)
    .where("serial", ">=", first)
    .where("serial", "<", first + size)
    .where("delete_ms", "is", null);
  for (const { space_no, serial } of await marked.execute()) {
    if (!(await takeFree(tx, prize, serial))) continue;
    await takeOut(tx, prize.campaignNo);
    await tx
      .updateTable("deleted_code")
      .set({ delete_ms: nowMs })
      .where("space_no", "=", space_no)
      .where("serial", "=", serial)
      .execute();
  }
}

/** A code that is neither free nor given to anybody is no longer one of the pool's. */
const takeOut = (tx: Queries, campaignNo: number) => addToQuota(tx, campaignNo, -1);

function markOf(tx: Queries, { spaceNo, serial }: CodeKey) {
  return tx
    .selectFrom("deleted_code")
    .select("delete_ms")
    .where("space_no", "=", spaceNo)
    .where("serial", "=", serial)
    .executeTakeFirst();
}

async function addMark(
  tx: Queries,
  code: CodeKey,
  campaignNo: number,
  deleteMs: number | null,
): Promise<void> {
  await removeMark(tx, code);
  await tx
    .insertInto("deleted_code")
    .values({ space_no: code.spaceNo, serial: code.serial, campaign_no: campaignNo, delete_ms: deleteMs })
    .execute();
}

async function removeMark(tx: Queries, { spaceNo, serial }: CodeKey): Promise<void> {
  await tx.deleteFrom("deleted_code").where("space_no", "=", spaceNo).where("serial", "=", serial).execute();
}

/** Whether a store may still give it out, by the ledger's knowledge. */
async function isLent(tx: Queries, { campaignNo, prizeNo }: PrizeKey, serial: number): Promise<boolean> {
  const block = await tx
    .selectFrom("block")
    .select("number")
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .where("closed", "=", 0)
    .where((eb) => eb(eb("first", "+", eb.ref("spent")), "<=", serial))
    .where((eb) => eb(eb("first", "+", eb.ref("size")), ">", serial))
    .executeTakeFirst();
  return block !== undefined;
}
