import type { Mutation } from "../ledger.ts";
import type { Erasure } from "../participants.ts";
import type { Database, Queries } from "./database.ts";
import { addMutation } from "./mutations.ts";
import { lockParticipant } from "./participants.ts";

/** Removes what names a user from at most `limit` rows of one table, and says from how many. The user's hash stays: it is what counts. */
export type Eraser = (tx: Queries, userHash: Buffer, limit: number) => Promise<number>;

/** A row for each table that names users: whoever adds such a table adds it here. */
export const erasers: readonly Eraser[] = [eraseMutations];

const partRows = 1_000;

/**
 * In parts, since a user may have many rows, the participant's own last: where this ends in between, the user is still there to be
 * erased again. `entries` differs by database: each finds a user's in a way of its own.
 */
export async function erase(
  db: Database,
  entries: readonly Eraser[],
  { userHash, nowMs }: Erasure,
  mutation: Mutation | undefined,
): Promise<"erased" | "repeated"> {
  const all = [...entries, ...erasers];
  for (const eraser of all) {
    while ((await db.write((tx) => eraser(tx, userHash, partRows))) === partRows);
  }
  return db.write(async (tx) => {
    // Its record must not name whom it was about.
    if (mutation && !(await addMutation(db, tx, mutation, { subject: "" }, nowMs))) return "repeated";
    // What came in between.
    for (const eraser of all) await eraser(tx, userHash, partRows);
    await eraseParticipant(tx, userHash);
    return "erased";
  });
}

async function eraseParticipant(tx: Queries, userHash: Buffer): Promise<void> {
  const row = await lockParticipant(tx, userHash);
  if (!row) return;
  if (row.banned === 0 && row.ban_pushed === 2) {
    await tx.deleteFrom("participant").where("no", "=", row.no).execute();
    return;
  }
  await tx
    .updateTable("participant")
    .set({ user_id: null, phone: null, phone_hash: null, register_ms: null, ban_reason: "" })
    .where("no", "=", row.no)
    .execute();
}

/** A mutation whose digest stands for no request can't be repeated, and its answer, once there, stays. */
async function eraseMutations(tx: Queries, userHash: Buffer, limit: number): Promise<number> {
  const rows = await tx
    .selectFrom("mutation")
    .select(["method", "request_id"])
    .where("user_hash", "=", userHash)
    .limit(limit)
    .execute();
  for (const { method, request_id } of rows) {
    await tx
      .updateTable("mutation")
      .set({ digest: Buffer.alloc(32), answer: Buffer.alloc(0), user_hash: null })
      .where("method", "=", method)
      .where("request_id", "=", request_id)
      .execute();
  }
  return rows.length;
}
