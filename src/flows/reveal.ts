import { stateAt } from "../campaign/campaign.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";
import { OutageLog } from "./outage-log.ts";
import { type Service, Stopping } from "./service.ts";

export interface RevealOptions {
  ledger: Pick<Ledger, "unrevealed" | "campaignByNo" | "reveal">;
  effects: Pick<CampaignEffects, "over" | "drained">;
  log: Logger;
}

const intervalMs = 5_000;

/**
 * Shows the secrets of instant wins that are over: with them anybody can check every draw. Not before the store itself gives nothing out any
 * more: whoever knew the secret earlier would know what the next draws come to.
 */
export class Reveal implements Service {
  readonly name = "reveal";
  readonly #options: RevealOptions;
  readonly #stopping = new Stopping();
  readonly #outages: OutageLog;

  constructor(options: RevealOptions) {
    this.#options = options;
    this.#outages = new OutageLog(options.log, "reveal");
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      await this.#stopping.pause(intervalMs);
      if (this.#stopping.stopped) return;
      try {
        await this.round();
        this.#outages.over(0);
      } catch (error) {
        this.#outages.trouble(0, error);
      }
    }
  }

  stop(): void {
    this.#stopping.stop();
  }

  async round(): Promise<void> {
    const { ledger, effects, log } = this.#options;
    for (const no of await ledger.unrevealed("instant-win")) {
      const campaign = await ledger.campaignByNo(no);
      if (!campaign || stateAt(campaign, Date.now()) !== "ended") continue;
      if (!(await effects.over(campaign)) || !(await effects.drained(campaign))) continue;
      await ledger.reveal(no);
      log.info({ campaign: campaign.id }, "the draw secret is revealed");
    }
  }
}
