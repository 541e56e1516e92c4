import type { Reason } from "../campaign/reason.ts";

/** A checked request for a coupon. Empty strings are what was left out. */
export interface IssueRequest {
  userId: string;
  /** One of the campaign's. */
  prizeId: string;
  requestId: string;
  /** As limits count it. */
  address: string;
}

/** What became of it. */
export type Issued =
  | { kind: "coupon"; code: string; prizeId: string; issueMs: number; replayed: boolean }
  | { kind: "refusal"; reason: Reason; retryMs: number | undefined }
  | { kind: "reused" }
  | { kind: "ledger-behind" }
  | { kind: "not-found" };

/** StoreUnavailable, LedgerUnavailable or Overloaded: the caller should ask again. */
export interface Failed {
  kind: "failed";
  error: unknown;
}
