import type { Generated } from "kysely";

/** The table of migrations/0006-participants.sql. */
export interface ParticipantTables {
  participant: ParticipantTable;
}

export interface ParticipantTable {
  no: Generated<number>;
  user_hash: Uint8Array;
  user_id: string | null;
  phone: Uint8Array | null;
  phone_hash: Uint8Array | null;
  register_ms: number | null;
  banned: number;
  ban_ms: number | null;
  ban_reason: string;
  ban_revision: number;
  ban_change_ms: number;
  ban_pushed: number;
}
