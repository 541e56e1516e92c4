import type { Campaign } from "../campaign/campaign.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Service } from "../flows/service.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PoolKey } from "../ledger/lending.ts";
import type { Store } from "../store/store.ts";

/** A store and a ledger that belong together, with the work that goes on between them. */
export interface Engine {
  store: Store;
  ledger: Ledger;
  /** Number of the store's partitions. */
  partitions: number;
  effects: CampaignEffects;
  /** Fills a pool that is dry. Throws StoreUnavailable or LedgerUnavailable. */
  fill(campaign: Campaign, place: Omit<PoolKey, "epoch">): Promise<void>;
  /** Moves what was handed out until now, in some partitions or in all of them, into the ledger. */
  flush(partitionNos?: number[]): Promise<void>;
  /** In the order they start; they stop in reverse. */
  services: Service[];
  /** What keeps it from issuing, one sentence each; empty: it issues. */
  troubles(): string[];
  /** After the services have stopped. */
  close(): Promise<void>;
}
