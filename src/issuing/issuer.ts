import { Asking, type AskingOptions } from "./asking.ts";
import type { KnownCampaign } from "./known-campaigns.ts";
import type { Failed, Issued, IssueRequest } from "./request.ts";

/** Gives out coupons. */
export class Issuer {
  readonly #options: AskingOptions;

  constructor(options: AskingOptions) {
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
