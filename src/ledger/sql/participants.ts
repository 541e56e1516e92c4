import type { Selectable } from "kysely";
import type { Participant } from "../participants.ts";
import { buffer } from "./bytes.ts";
import type { Queries } from "./database.ts";
import type { ParticipantTable } from "./participants-schema.ts";

export type ParticipantRow = Selectable<ParticipantTable>;

export function toParticipant(row: ParticipantRow): Participant {
  return {
    no: row.no,
    userHash: buffer(row.user_hash),
    userId: row.user_id ?? "",
    phone: row.phone ? buffer(row.phone) : undefined,
    registerMs: row.register_ms ?? undefined,
    banned: row.banned === 1,
    banMs: row.ban_ms ?? undefined,
    banReason: row.ban_reason,
  };
}

/** A user's row, which nobody else changes until the transaction ends. */
export function lockParticipant(tx: Queries, userHash: Buffer): Promise<ParticipantRow | undefined> {
  return tx
    .selectFrom("participant")
    .selectAll()
    .where("user_hash", "=", userHash)
    .forUpdate()
    .executeTakeFirst();
}

export async function findParticipant(
  queries: Queries,
  by: { userHash: Buffer } | { phoneHash: Buffer },
): Promise<Participant | undefined> {
  const all = queries.selectFrom("participant").selectAll();
  const query =
    "userHash" in by ? all.where("user_hash", "=", by.userHash) : all.where("phone_hash", "=", by.phoneHash);
  const row = await query.executeTakeFirst();
  return row && isShown(row) ? toParticipant(row) : undefined;
}

/** A lifted ban of a user who never registered is kept for the store's sake alone. */
const isShown = (row: ParticipantRow) => row.register_ms !== null || row.banned === 1;

export async function participants(
  queries: Queries,
  banned: boolean,
  afterNo: number,
  limit: number,
): Promise<Participant[]> {
  const rows = await queries
    .selectFrom("participant")
    .selectAll()
    .where("no", ">", afterNo)
    .where((eb) =>
      banned ? eb("banned", "=", 1) : eb.or([eb("register_ms", "is not", null), eb("banned", "=", 1)]),
    )
    .orderBy("no")
    .limit(limit)
    .execute();
  return rows.map(toParticipant);
}

export async function registered(queries: Queries, userHashes: Buffer[]): Promise<Buffer[]> {
  if (userHashes.length === 0) return [];
  const rows = await queries
    .selectFrom("participant")
    .select("user_hash")
    .where("user_hash", "in", userHashes)
    .where("register_ms", "is not", null)
    .execute();
  return rows.map((row) => buffer(row.user_hash));
}
