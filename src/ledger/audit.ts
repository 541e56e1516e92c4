/** The ledger's part of the audit log: what managers did, or tried to. */
export interface AuditLedger {
  /** Notes a call before it is carried out. */
  beginAudit(row: AuditRow): Promise<void>;
  /** What became of it; `campaignId` where that is known only now, else empty. */
  endAudit(id: Uint8Array, outcome: string, campaignId: string): Promise<void>;
  /** Newest first, older than `before` where given, at most `limit`. */
  audit(filter: AuditFilter, before: Uint8Array | undefined, limit: number): Promise<AuditRow[]>;
}

/** Empty strings are what there is not. */
export interface AuditRow {
  /** A UUID of version 7 (RFC 9562), 16 bytes: rows are ordered by it. */
  id: Uint8Array;
  timeMs: number;
  /** `key:` and an API key's id, `token:` and a token's subject, or `anybody` where the server is open. */
  actor: string;
  /** The caller's network address. */
  address: string;
  /** As in `EndCampaign`. */
  method: string;
  campaignId: string;
  /** 16 bytes; undefined where the call is about no user. */
  userHash: Uint8Array | undefined;
  requestId: string;
  /** OK, the reason of a refusal or an error; empty: not known. */
  outcome: string;
}

export interface AuditFilter {
  campaignId?: string;
  /** From this instant on. */
  sinceMs?: number;
}
