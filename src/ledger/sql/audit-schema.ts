/** migrations/0009-audit.sql says what it means. */
export interface AuditTables {
  audit: AuditTable;
}

export interface AuditTable {
  id: Uint8Array;
  time_ms: number;
  actor: string;
  address: string;
  method: string;
  campaign_id: string;
  user_hash: Uint8Array | null;
  request_id: string;
  outcome: string;
}
