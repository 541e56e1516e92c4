import type { Mutation, RecordedMutation } from "../ledger.ts";
import { buffer } from "./bytes.ts";
import { type Database, inserted, type Queries } from "./database.ts";

export async function findMutation(
  queries: Queries,
  method: string,
  requestId: string,
): Promise<RecordedMutation | undefined> {
  const row = await queries
    .selectFrom("mutation")
    .select(["digest", "campaign_no", "answer"])
    .where("method", "=", method)
    .where("request_id", "=", requestId)
    .executeTakeFirst();
  return (
    row && {
      digest: buffer(row.digest),
      campaignNo: row.campaign_no!,
      answer: row.answer ? buffer(row.answer) : undefined,
    }
  );
}

/**
 * Notes a mutation in the transaction that makes it; false: it was made before. While another transaction is making the same one this
 * waits for its end.
 */
export function addMutation(
  db: Database,
  tx: Queries,
  { method, requestId, digest }: Mutation,
  campaignNo: number | null,
  nowMs: number,
): Promise<boolean> {
  const row = { method, request_id: requestId, digest: buffer(digest), campaign_no: campaignNo };
  return inserted(db, tx.insertInto("mutation").values({ ...row, answer: null, create_ms: nowMs }));
}

export async function setMutationCampaign(
  tx: Queries,
  { method, requestId }: Mutation,
  campaignNo: number,
): Promise<void> {
  await tx
    .updateTable("mutation")
    .set({ campaign_no: campaignNo })
    .where("method", "=", method)
    .where("request_id", "=", requestId)
    .execute();
}

/** The first answer stays. */
export async function answerMutation(
  queries: Queries,
  method: string,
  requestId: string,
  answer: Uint8Array,
): Promise<void> {
  await queries
    .updateTable("mutation")
    .set({ answer: buffer(answer) })
    .where("method", "=", method)
    .where("request_id", "=", requestId)
    .where("answer", "is", null)
    .execute();
}
