import type { Campaign } from "./campaign.ts";

/**
 * How a change of a campaign reaches the store, and how far the store has come with it. The ledger has the change already; all of
 * these may be repeated. They throw StoreUnavailable or LedgerUnavailable.
 */
export interface CampaignEffects {
  /**
   * Pushes the revision to every partition, opens pools whose quota was raised, recalls what a lowered quota took away and settles
   * it. Resolves when the change is in force everywhere: nothing is decided by an earlier revision any more.
   */
  applied(campaign: Campaign): Promise<void>;
  /** Takes back from the store all that it has borrowed and not given out. `applied` lends again. */
  recalled(campaign: Campaign): Promise<void>;
  /** Lends ahead for a campaign that was just created. Best effort: returns at once and reports nothing. */
  prepare(campaign: Campaign): void;
  stats(campaign: Campaign): Promise<Stats>;
  /** Whether nothing is given out any more, whatever anybody asks: its end is in force, or has come, by the store's clock everywhere. */
  over(campaign: Campaign): Promise<boolean>;
  /** Whether everything that was given out is in the ledger. */
  drained(campaign: Campaign): Promise<boolean>;
  /** Removes a deleted campaign from the store. */
  forget(campaign: Campaign): Promise<void>;
}

/** Numbers of coupons. `remaining` is undefined where a quota is unlimited. */
export interface Stats {
  issued: number;
  remaining: number | undefined;
  /** Given out and not in the ledger yet. */
  undrained: number;
  /** Set aside because a store lost data that it may have acknowledged. */
  inDoubt: number;
  /** Entries that won nothing, or nothing yet. */
  withoutPrize: number;
  /** In the campaign's order. */
  prizes: PrizeStats[];
}

export interface PrizeStats {
  issued: number;
  remaining: number | undefined;
  inDoubt: number;
}
