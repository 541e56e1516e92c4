import { Asking, type AskingOptions } from "./asking.ts";
import type { KnownCampaign } from "./known-campaigns.ts";
import type { Registration } from "./registration.ts";
import type { Failed, Issued, IssueRequest } from "./request.ts";

export interface IssuerOptions extends AskingOptions {
  registration: Pick<Registration, "isRegistered">;
}

/** Gives out what campaigns have: coupons, draws, tickets, ballots. */
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
   * that one partition decides are decided in their order, where the campaign does not require registration.
   */
  issueThen(known: KnownCampaign, request: IssueRequest, done: (result: Issued | Failed) => void): void {
    const asking = new Asking(this.#options, known, request, done);
    if (known.campaign.requireRegistration) this.#askIfRegistered(asking, request);
    else asking.ask();
  }

  #askIfRegistered(asking: Asking, { userId }: IssueRequest): void {
    const proceed = (registered: boolean) => {
      if (registered) asking.ask();
      else asking.refuse("REGISTRATION_REQUIRED");
    };
    const registered = userId !== "" && this.#options.registration.isRegistered(asking.take.who.userHash);
    if (registered instanceof Promise) registered.then(proceed, (error) => asking.fail(error));
    else proceed(registered);
  }
}
