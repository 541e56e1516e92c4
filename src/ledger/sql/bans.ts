import { noCampaign } from "../events.ts";
import type { Mutation } from "../ledger.ts";
import type { Ban, BanChange, BanSet } from "../participants.ts";
import { buffer } from "./bytes.ts";
import { attempt, type Database, inserted, type Queries } from "./database.ts";
import { appendEvent } from "./events.ts";
import { addMutation } from "./mutations.ts";
import { lockParticipant, toParticipant } from "./participants.ts";

export function setBan(db: Database, change: BanChange, mutation: Mutation | undefined): Promise<BanSet> {
  const { userHash, banned, reason, nowMs } = change;
  return attempt<BanSet>(db, async (tx, undo) => {
    const about = { subject: userHash.toString("hex"), userHash };
    if (mutation && !(await addMutation(db, tx, mutation, about, nowMs))) return undo({ kind: "repeated" });
    const isNew = banned && (await insertBanned(db, tx, change));
    const before = await lockParticipant(tx, userHash);
    if (!before) return { kind: "set", participant: undefined };
    const changes = (before.banned === 1) !== banned;
    if (changes || (banned && !isNew)) {
      await tx
        .updateTable("participant")
        .set({
          ban_reason: reason,
          ...(banned && { user_id: change.userId }),
          ...(changes && {
            banned: banned ? 1 : 0,
            ban_ms: banned ? nowMs : null,
            ban_revision: before.ban_revision + 1,
            ban_change_ms: nowMs,
            ban_pushed: 0,
          }),
        })
        .where("no", "=", before.no)
        .execute();
    }
    if (changes || isNew) {
      const fact = { userHash: userHash.toString("hex") };
      await appendEvent(tx, noCampaign, banned ? "user.banned" : "user.unbanned", fact, nowMs);
    }
    return { kind: "set", participant: toParticipant((await lockParticipant(tx, userHash))!) };
  });
}

/** False: there is a row of the user. */
function insertBanned(
  db: Database,
  tx: Queries,
  { userHash, userId, reason, nowMs }: BanChange,
): Promise<boolean> {
  return inserted(
    db,
    tx.insertInto("participant").values({
      user_hash: userHash,
      user_id: userId,
      phone: null,
      phone_hash: null,
      register_ms: null,
      banned: 1,
      ban_ms: nowMs,
      ban_reason: reason,
      ban_revision: 1,
      ban_change_ms: nowMs,
      ban_pushed: 0,
    }),
  );
}

export async function findBan(queries: Queries, userHash: Buffer): Promise<Ban | undefined> {
  const row = await queries
    .selectFrom("participant")
    .select(["banned", "ban_revision", "ban_pushed"])
    .where("user_hash", "=", userHash)
    .executeTakeFirst();
  return row && { banned: row.banned === 1, revision: row.ban_revision, pushed: row.ban_pushed > 0 };
}

export async function unpushedBans(queries: Queries, settledMs: number, limit: number): Promise<Buffer[]> {
  const rows = await queries
    .selectFrom("participant")
    .select("user_hash")
    .where("ban_pushed", "<", 2)
    .where((eb) => eb.or([eb("ban_pushed", "=", 0), eb("ban_change_ms", "<=", settledMs)]))
    .orderBy("ban_change_ms")
    .limit(limit)
    .execute();
  return rows.map((row) => buffer(row.user_hash));
}

export function banPushed(
  db: Database,
  userHash: Buffer,
  revision: number,
  settledMs: number,
): Promise<boolean> {
  return db.write(async (tx) => {
    const row = await lockParticipant(tx, userHash);
    if (row?.ban_revision !== revision) return false;
    const isSettled = row.ban_change_ms <= settledMs;
    // A lifted ban of a user who never registered: now the row says nothing any more.
    if (isSettled && row.banned === 0 && row.register_ms === null) {
      await tx.deleteFrom("participant").where("no", "=", row.no).execute();
    } else {
      await tx
        .updateTable("participant")
        .set({ ban_pushed: isSettled ? 2 : 1 })
        .where("no", "=", row.no)
        .execute();
    }
    return true;
  });
}
