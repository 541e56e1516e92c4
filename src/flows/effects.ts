import { type Campaign, stockOf } from "../campaign/campaign.ts";
import { dayAt } from "../campaign/day.ts";
import type { CampaignEffects, Stats } from "../campaign/effects.ts";
import { partitionsOf } from "../campaign/partitions.ts";
import { statsOf } from "../campaign/stats.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import type { RedisStore } from "../store/redis/redis-store.ts";
import type { Drain } from "./drain.ts";
import type { Refill } from "./refill.ts";

export interface EffectsOptions {
  partitions: number;
  store: RedisStore;
  ledger: Ledger;
  lending: Lending;
  drain: Drain;
  refill: Refill;
}

/** How a change reaches a store that is apart from the ledger. */
export class LentEffects implements CampaignEffects {
  readonly #options: EffectsOptions;

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  async applied(campaign: Campaign): Promise<void> {
    const { store, lending, refill } = this.#options;
    const partitions = this.#partitions(campaign);
    await Promise.all(partitions.map((no) => store.adopt(no, campaign.no, campaign.revision)));
    for (const prizeNo of await lending.overLent(campaign.no)) {
      await refill.recall(campaign, "all", await lending.poolsOf(campaign.no, prizeNo));
      await lending.settleQuota(campaign.no, prizeNo);
    }
    const open = campaign.endedMs === undefined && Date.now() < campaign.endMs;
    if (open) await refill.open(campaign, dayAt(campaign.timeZone, await store.nowMs(partitions[0]!)));
    await lending.pushed(campaign.no, campaign.revision);
  }

  async recalled(campaign: Campaign): Promise<void> {
    const { lending, refill } = this.#options;
    for (const { no } of stockOf(campaign)) {
      await refill.recall(campaign, "all", await lending.poolsOf(campaign.no, no));
    }
  }

  prepare(campaign: Campaign): void {
    const { refill, store } = this.#options;
    const work = async () => {
      const nowMs = await store.nowMs(this.#partitions(campaign)[0]!);
      await refill.open(campaign, dayAt(campaign.timeZone, Math.max(nowMs, campaign.startMs)));
    };
    // Best effort: the first take of a pool that is still dry fills it.
    work().catch(() => {});
  }

  async stats(campaign: Campaign): Promise<Stats> {
    const { ledger, store } = this.#options;
    const counts = await ledger.counts(campaign.no);
    const handedOut = this.#partitions(campaign).map((no) => store.issued(no, campaign.no));
    return statsOf(campaign, counts, await Promise.all(handedOut));
  }

  async over(campaign: Campaign): Promise<boolean> {
    const { store } = this.#options;
    const partitions = this.#partitions(campaign);
    if (campaign.endedMs !== undefined) {
      await Promise.all(partitions.map((no) => store.adopt(no, campaign.no, campaign.revision)));
      return true;
    }
    const clocks = await Promise.all(partitions.map((no) => store.nowMs(no)));
    return Math.min(...clocks) >= campaign.endMs;
  }

  async drained(campaign: Campaign): Promise<boolean> {
    for (const no of this.#partitions(campaign)) await this.#options.drain.empty(no);
    return (await this.stats(campaign)).undrained === 0;
  }

  async forget(campaign: Campaign): Promise<void> {
    for (const no of this.#partitions(campaign)) await this.#options.store.forget(no, campaign.no);
  }

  #partitions(campaign: Campaign): number[] {
    return partitionsOf(campaign, this.#options.partitions);
  }
}
