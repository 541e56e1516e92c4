import type { Mutation } from "../ledger.ts";
import type { Registered, Registration } from "../participants.ts";
import { attempt, type Database, inserted, type Queries } from "./database.ts";
import { addMutation } from "./mutations.ts";
import { lockParticipant, type ParticipantRow, toParticipant } from "./participants.ts";

export function register(
  db: Database,
  registration: Registration,
  mutation: Mutation | undefined,
): Promise<Registered> {
  const { userHash, phoneHash, nowMs } = registration;
  return attempt<Registered>(db, async (tx, undo) => {
    const about = { subject: userHash.toString("hex"), userHash };
    if (mutation && !(await addMutation(db, tx, mutation, about, nowMs))) return undo({ kind: "repeated" });
    // Inserted before it is looked for: two transactions that both look for a row that is not there lock each other out in MySQL.
    while (!(await insert(db, tx, registration, undefined))) {
      const before = await lockParticipant(tx, userHash);
      if (before) {
        if (!(await change(db, tx, registration, before))) return undo({ kind: "phone-taken" });
        break;
      }
      if (await isTaken(tx, phoneHash)) return undo({ kind: "phone-taken" });
    }
    const row = await lockParticipant(tx, userHash);
    return { kind: "registered", participant: toParticipant(row!) };
  });
}

/** False: the phone number is another user's. */
async function change(
  db: Database,
  tx: Queries,
  registration: Registration,
  before: ParticipantRow,
): Promise<boolean> {
  const { phone, phoneHash } = registration;
  if (before.register_ms === null) {
    await tx.deleteFrom("participant").where("no", "=", before.no).execute();
    return insert(db, tx, registration, before);
  }
  if (phoneHash.equals(before.phone_hash!)) return true;
  return inserted(
    db,
    tx.updateTable("participant").set({ phone, phone_hash: phoneHash }).where("no", "=", before.no),
  );
}

/** With the ban of a row that was there before. */
function insert(
  db: Database,
  tx: Queries,
  { userHash, userId, phone, phoneHash, nowMs }: Registration,
  before: ParticipantRow | undefined,
): Promise<boolean> {
  return inserted(
    db,
    tx.insertInto("participant").values({
      user_hash: userHash,
      user_id: userId,
      phone,
      phone_hash: phoneHash,
      register_ms: nowMs,
      banned: before?.banned ?? 0,
      ban_ms: before?.ban_ms ?? null,
      ban_reason: before?.ban_reason ?? "",
      ban_revision: before?.ban_revision ?? 0,
      ban_change_ms: before?.ban_change_ms ?? nowMs,
      ban_pushed: before?.ban_pushed ?? 2,
    }),
  );
}

async function isTaken(tx: Queries, phoneHash: Buffer): Promise<boolean> {
  const owner = await tx
    .selectFrom("participant")
    .select("no")
    .where("phone_hash", "=", phoneHash)
    .forUpdate()
    .executeTakeFirst();
  return owner !== undefined;
}
