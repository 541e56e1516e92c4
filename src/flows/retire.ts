import type { Campaign } from "../campaign/campaign.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";
import { Recurring } from "./recurring.ts";

export interface RetireOptions {
  ledger: Ledger;
  effects: CampaignEffects;
  log: Logger;
}

const intervalMs = 60_000;
/** Repeats come soon after the end, and the store answers them cheapest. */
const endedMs = 3_600_000;
/** Between telling servers that the ledger answers repeats and forgetting: longer than any server believes an older reading. */
const toldMs = 60_000;

/** Ended and drained campaigns leave the store: first the ledger says so, then, when every server knows, the store forgets. */
export class Retire extends Recurring {
  readonly #options: RetireOptions;
  readonly #forgotten = new Set<number>();

  constructor(options: RetireOptions) {
    super("retire", intervalMs, options.log);
    this.#options = options;
  }

  async round(nowMs = Date.now()): Promise<void> {
    let before: number | undefined;
    for (;;) {
      const page = await this.#options.ledger.campaigns(
        { states: ["ended"], nowMs: nowMs - endedMs },
        before,
        500,
      );
      for (const campaign of page) await this.#step(campaign, nowMs);
      if (page.length < 500) return;
      before = page.at(-1)!.no;
    }
  }

  async #step(campaign: Campaign, nowMs: number): Promise<void> {
    const { ledger, effects, log } = this.#options;
    if (!campaign.retired) {
      if ((campaign.endedMs ?? 0) > nowMs - endedMs || !(await effects.drained(campaign))) return;
      const changed = await ledger.changeCampaign(
        campaign.id,
        campaign.revision,
        { retired: true, nowMs },
        undefined,
      );
      if (changed.kind === "changed")
        log.info({ campaign: campaign.id }, "campaign retired: the ledger answers for it");
    } else if (campaign.updateMs < nowMs - toldMs && !this.#forgotten.has(campaign.no)) {
      await effects.forget(campaign);
      this.#forgotten.add(campaign.no);
    }
  }
}
