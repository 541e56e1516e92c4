import type { Campaign } from "./campaign.ts";

/** Campaigns at hand: as this process last read them from the ledger. */
export interface Campaigns {
  /** Undefined: there is none, or it was deleted. */
  get(id: string): Promise<Campaign | undefined>;
  /** It changed: the next `get` reads it anew. */
  invalidate(id: string): void;
}
