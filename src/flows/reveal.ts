import { stateAt } from "../campaign/campaign.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";
import { Recurring } from "./recurring.ts";

export interface RevealOptions {
  ledger: Pick<Ledger, "unrevealed" | "campaignByNo" | "reveal" | "isLotteryOver">;
  effects: Pick<CampaignEffects, "over" | "drained">;
  log: Logger;
}

const intervalMs = 5_000;

/**
 * Shows the secrets of instant wins that are over: with them anybody can check every draw. Not before the store itself gives nothing out any
 * more: whoever knew the secret earlier would know what the next draws come to.
 */
export class Reveal extends Recurring {
  readonly #options: RevealOptions;

  constructor(options: RevealOptions) {
    super("reveal", intervalMs, options.log);
    this.#options = options;
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
    // Most often the last draw has done it.
    for (const no of await ledger.unrevealed("lottery")) {
      if (await ledger.isLotteryOver(no, Date.now())) await ledger.reveal(no);
    }
  }
}
