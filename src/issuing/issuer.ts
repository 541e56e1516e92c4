import type { Campaign } from "../campaign/campaign.ts";
import type { Reason } from "../campaign/reason.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PoolKey } from "../ledger/lending.ts";
import type { Batcher } from "../store/batcher.ts";
import { Asking } from "./asking.ts";
import type { CodeBook } from "./code-book.ts";
import type { KnownCampaign, KnownCampaigns } from "./known-campaigns.ts";

/** A checked request. Empty strings are what was left out. */
export interface IssueRequest {
  userId: string;
  prizeId: string;
  requestId: string;
  /** As limits count it. */
  address: string;
}

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

export interface IssuerOptions {
  campaigns: KnownCampaigns;
  codes: CodeBook;
  batcher: Batcher;
  secrets: Secrets;
  ledger: Pick<Ledger, "couponOf">;
  partitions: number;
  /** Fills a pool that is dry. */
  fill(campaign: Campaign, place: Omit<PoolKey, "epoch">): Promise<void>;
}

/** Gives out coupons. The `prizeId` of a request is one of the campaign's, or empty. */
export class Issuer {
  readonly #options: IssuerOptions;

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  /** Throws what Failed has. */
  issue(known: KnownCampaign, request: IssueRequest): Promise<Issued> {
    return new Promise((resolve, reject) => {
      this.issueThen(known, request, (result) => {
        if (result.kind === "failed") reject(result.error);
        else resolve(result);
      });
    });
  }

  /**
   * The same without a promise. Calls back exactly once, possibly before it returns; `done` must not throw. Of requests made in one go those
   * that one partition decides are decided in their order.
   */
  issueThen(known: KnownCampaign, request: IssueRequest, done: (result: Issued | Failed) => void): void {
    new Asking(this.#options, known, request, done).ask();
  }
}
