import type { Selectable } from "kysely";
import type { AuditFilter, AuditLedger, AuditRow } from "../audit.ts";
import type { AuditTable } from "./audit-schema.ts";
import { buffer } from "./bytes.ts";
import type { Database } from "./database.ts";

const TIME_BYTES = 6;

export function auditOf(db: Database): AuditLedger {
  const { kysely } = db;
  return {
    async beginAudit(row) {
      await kysely.insertInto("audit").values(toRow(row)).execute();
    },

    async endAudit(id, outcome, campaignId) {
      await kysely
        .updateTable("audit")
        .set({ outcome, ...(campaignId !== "" && { campaign_id: campaignId }) })
        .where("id", "=", buffer(id))
        .execute();
    },

    async audit({ campaignId, sinceMs }: AuditFilter, before, limit) {
      let query = kysely.selectFrom("audit").selectAll();
      if (campaignId !== undefined) query = query.where("campaign_id", "=", campaignId);
      if (sinceMs !== undefined) query = query.where("id", ">=", firstIdAt(sinceMs));
      if (before !== undefined) query = query.where("id", "<", buffer(before));
      return (await query.orderBy("id", "desc").limit(limit).execute()).map(fromRow);
    },
  };
}

/** No id of this instant or later sorts before it: the time comes first in them (RFC 9562 §5.7). */
function firstIdAt(timeMs: number): Buffer {
  const id = Buffer.alloc(16);
  id.writeUIntBE(Math.max(timeMs, 0), 0, TIME_BYTES);
  return id;
}

const toRow = (row: AuditRow) => ({
  id: buffer(row.id),
  time_ms: row.timeMs,
  actor: row.actor,
  address: row.address,
  method: row.method,
  campaign_id: row.campaignId,
  user_hash: row.userHash ? buffer(row.userHash) : null,
  request_id: row.requestId,
  outcome: row.outcome,
});

const fromRow = (row: Selectable<AuditTable>): AuditRow => ({
  id: buffer(row.id),
  timeMs: row.time_ms,
  actor: row.actor,
  address: row.address,
  method: row.method,
  campaignId: row.campaign_id,
  userHash: row.user_hash ? buffer(row.user_hash) : undefined,
  requestId: row.request_id,
  outcome: row.outcome,
});
