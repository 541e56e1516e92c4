import type { Day } from "../campaign/day.ts";
import type { Reason } from "../campaign/reason.ts";

/** A checked request for a coupon. Empty strings are what was left out. */
export interface IssueRequest {
  userId: string;
  /** One of the campaign's, where the mechanic lets choose. */
  prizeId: string;
  requestId: string;
  /** The day that it is for, where it names one: on another one nothing new is taken. */
  day?: Day | undefined;
  /** As limits count it. */
  address: string;
}

/** What became of it. */
export type Issued =
  /** Something from stock; `code` is what its serial stands for, `number` as in Outcome. */
  | { kind: "coupon"; code: string; prizeId: string; number: number; issueMs: number; replayed: boolean }
  /** An entry that won nothing, or nothing yet. */
  | { kind: "entry"; number: number; issueMs: number; replayed: boolean }
  | { kind: "refusal"; reason: Reason; retryMs: number | undefined }
  | { kind: "reused" }
  | { kind: "ledger-behind" }
  | { kind: "not-found" };

/** StoreUnavailable, LedgerUnavailable or Overloaded: the caller should ask again. */
export interface Failed {
  kind: "failed";
  error: unknown;
}
