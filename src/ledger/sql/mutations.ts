import type { Mutation, RecordedMutation } from "../ledger.ts";
import { buffer } from "./bytes.ts";
import { type Database, inserted, type Queries } from "./database.ts";

/** What a mutation is recorded with. */
export interface MutationAbout {
  /** See RecordedMutation; null where it has no number yet: setMutationSubject follows in the same transaction. */
  subject: string | null;
  /** The user whom request or answer names, if any: erasing the user erases what is kept of both. */
  userHash?: Buffer;
}

export async function findMutation(
  queries: Queries,
  method: string,
  requestId: string,
): Promise<RecordedMutation | undefined> {
  const row = await queries
    .selectFrom("mutation")
    .select(["digest", "subject", "answer"])
    .where("method", "=", method)
    .where("request_id", "=", requestId)
    .executeTakeFirst();
  return (
    row && {
      digest: buffer(row.digest),
      subject: row.subject!,
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
  { subject, userHash }: MutationAbout,
  nowMs: number,
): Promise<boolean> {
  const row = {
    method,
    request_id: requestId,
    digest: buffer(digest),
    subject,
    user_hash: userHash ?? null,
    answer: null,
    create_ms: nowMs,
  };
  return inserted(db, tx.insertInto("mutation").values(row));
}

export async function setMutationSubject(
  tx: Queries,
  { method, requestId }: Mutation,
  subject: string,
): Promise<void> {
  await tx
    .updateTable("mutation")
    .set({ subject })
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
