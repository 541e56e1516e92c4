import type { Mechanic } from "../../campaign/campaign.ts";
import type { Plan } from "../../campaign/plan.ts";
import type { Store } from "../store.ts";

/** What the contract needs of a store beside the port: campaigns with stock to take from. */
export interface StoreHarness {
  store: Store;
  /** A new campaign, every pool filled to its quota; revision 1, partition 0. */
  campaign(setup: CampaignSetup): Promise<Plan>;
  /** Puts the campaign's next revision in force. */
  revise(plan: Plan): Promise<void>;
  /** Moves the store's clock forward. */
  moveClock(toMs: number): Promise<void>;
  /** What the ledger has of a campaign, or will have, in the order it was taken. */
  recorded(plan: Plan): Promise<Recorded[]>;
  close(): Promise<void>;
}

/** Of a ledger's entry, what a take gave. */
export interface Recorded {
  userId: string;
  prizeNo: number;
  serial: number | undefined;
  number: number;
  drawnNo: number | undefined;
  timeMs: number;
}

export interface CampaignSetup {
  /** First come, first served where left out. */
  mechanic?: Mechanic;
  /** None with a raffle or a lottery. */
  prizes: { quota: number; dailyQuota?: number }[];
  perUser?: number;
  perUserPerDay?: number;
  perAddress?: number;
  startMs?: number;
  endMs?: number;
  timeZone: string;
  /** Days whose pools are filled; today's where left out. */
  days?: string[];
}
