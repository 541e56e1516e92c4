import type { Logger } from "pino";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { OutageLog } from "./outage-log.ts";
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
  readonly #outages: OutageLog;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#outages = new OutageLog(options.log, "push");
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      await this.#stopping.pause(intervalMs);
      if (this.#stopping.stopped) return;
      try {
        await this.#round();
        this.#outages.over(0);
      } catch (error) {
        this.#outages.trouble(0, error);
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
