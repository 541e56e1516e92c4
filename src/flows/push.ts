import type { Logger } from "pino";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { type Service, Stopping } from "./service.ts";

export interface PushOptions {
  ledger: Ledger;
  lending: Lending;
  effects: CampaignEffects;
  log: Logger;
}

const intervalMs = 2_000;

/** Brings campaigns' changes to the store where whoever made them died, or lost the store, before it did. */
export class Push implements Service {
  readonly name = "push";
  readonly #options: PushOptions;
  readonly #stopping = new Stopping();

  constructor(options: PushOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      await this.#stopping.pause(intervalMs);
      if (this.#stopping.stopped) return;
      try {
        await this.#round();
      } catch (error) {
        this.#options.log.warn({ err: error }, "push: will try again");
      }
    }
  }

  stop(): void {
    this.#stopping.stop();
  }

  async #round(): Promise<void> {
    const { ledger, lending, effects } = this.#options;
    for (const { campaignNo, revision } of await lending.unpushed(100)) {
      const campaign = await ledger.campaignByNo(campaignNo);
      if (campaign) await effects.applied(campaign);
      // A deleted campaign has ended, and its store data is gone.
      else await lending.pushed(campaignNo, revision);
    }
  }
}
