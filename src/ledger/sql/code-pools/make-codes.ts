import { batchSubject, type CodeBatch, type CodesBegun, type CodesMade } from "../../code-pools.ts";
import type { Mutation } from "../../mutation.ts";
import { attempt, type Database } from "../database.ts";
import { addMutation, setMutationSubject } from "../mutations.ts";
import { lockSpace, takeOfSpace } from "../reserve.ts";
import { addCodes, addPoolRange, roomInPool } from "./add-codes.ts";
import { asCampaign, lockCampaign, revise } from "./revise.ts";

/** All serials are reserved at once, so that a request for more than there is room for makes none. */
export function beginCodes(
  db: Database,
  campaignId: string,
  count: number,
  nowMs: number,
  mutation: Mutation,
): Promise<CodesBegun> {
  return attempt<CodesBegun>(db, async (tx, undo) => {
    if (!(await addMutation(db, tx, mutation, { subject: null }, nowMs))) return undo({ kind: "repeated" });
    const campaign = await tx
      .selectFrom("campaign")
      .select(["no", "space_no", "allow_guessable"])
      .where("id", "=", campaignId)
      .where("deleted_ms", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!campaign) return undo({ kind: "not-found" });
    const left = await roomInPool(tx, campaign.no);
    if (count > left) return undo({ kind: "too-many", left });
    const space = await lockSpace(tx, campaign.space_no, campaign.allow_guessable === 1);
    if (count > space.left) return undo({ kind: "no-room", room: space.left });
    const range = await takeOfSpace(tx, space, count);
    await addPoolRange(tx, campaign.no, range);
    await tx
      .insertInto("code_batch")
      .values({ space_no: space.no, ...range, made: 0, campaign_no: campaign.no, create_ms: nowMs })
      .execute();
    const batch = { spaceNo: space.no, first: range.first };
    await setMutationSubject(tx, mutation, batchSubject(batch));
    return { kind: "begun", batch };
  });
}

export function makeCodes(
  db: Database,
  { spaceNo, first }: CodeBatch,
  max: number,
  nowMs: number,
): Promise<CodesMade> {
  return db.write(async (tx) => {
    const batch = () =>
      tx.selectFrom("code_batch").selectAll().where("space_no", "=", spaceNo).where("first", "=", first);
    const { campaign_no: campaignNo } = await batch().executeTakeFirstOrThrow();
    const campaign = await lockCampaign(tx, campaignNo);
    const { size, made } = await batch().forUpdate().executeTakeFirstOrThrow();
    const more = Math.min(max, size - made);
    if (more === 0) return { made, size, campaign: await asCampaign(tx, campaign) };
    await addCodes(tx, campaignNo, { first: first + made, size: more });
    await tx
      .updateTable("code_batch")
      .set({ made: made + more })
      .where("space_no", "=", spaceNo)
      .where("first", "=", first)
      .execute();
    return { made: made + more, size, campaign: await revise(tx, campaign, nowMs) };
  });
}
