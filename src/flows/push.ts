import type { Logger } from "pino";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { Recurring } from "./recurring.ts";

export interface PushOptions {
  ledger: Ledger;
  lending: Lending;
  effects: CampaignEffects;
  log: Logger;
}

const intervalMs = 2_000;

/** Brings campaigns' changes to the store where whoever made them died, or lost the store, before it did. */
export class Push extends Recurring {
  readonly #options: PushOptions;

  constructor(options: PushOptions) {
    super("push", intervalMs, options.log);
    this.#options = options;
  }

  async round(): Promise<void> {
    const { ledger, lending, effects } = this.#options;
    for (const { campaignNo, revision } of await lending.unpushed(100)) {
      const campaign = await ledger.campaignByNo(campaignNo);
      if (campaign) await effects.applied(campaign);
      // A deleted campaign has ended, and its store data is gone.
      else await lending.pushed(campaignNo, revision);
    }
  }
}
