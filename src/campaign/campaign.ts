/** A campaign as the ledger holds it at one revision. Times are milliseconds since the Unix epoch. */
export interface Campaign {
  /** The ledger's own number: short in keys and rows, never shown to callers. */
  no: number;
  id: string;
  revision: number;
  name: string;
  startMs: number;
  endMs: number;
  timeZone: string;
  mechanic: Mechanic;
  /** In order of preference. */
  prizes: Prize[];
  limits: Limits;
  space: CodeSpace;
  allowGuessable: boolean;
  /** Over how many partitions it is spread. */
  partitions: number;
  paused: boolean;
  /** Set when it was ended before its end_time. */
  endedMs: number | undefined;
  /** Its coupons are all in the ledger and the store has forgotten it: repeats are answered by the ledger. */
  retired: boolean;
  createMs: number;
  updateMs: number;
}

export type Mechanic = "first-come";

export interface Prize {
  /** Its place in the campaign, from 0; fixed. */
  no: number;
  id: string;
  name: string;
  /** Undefined: unlimited. */
  quota: number | undefined;
  /** Undefined: no limit by day. Whether there is one is fixed. */
  dailyQuota: number | undefined;
  attributes: Record<string, string>;
  /** The serials reserved for it, ascending and disjoint. */
  ranges: SerialRange[];
}

/** 0 is no limit. */
export interface Limits {
  perUser: number;
  perUserPerDay: number;
  perAddress: number;
}

/** `size` consecutive serials from `first`. */
export interface SerialRange {
  first: number;
  size: number;
}

/** The codes of one format, shared by all campaigns that use it. */
export interface CodeSpace {
  no: number;
  alphabet: string;
  length: number;
  prefix: string;
  /** The permutation's key, wrapped by the master key. */
  wrappedKey: Uint8Array;
}

/** Which prize a serial of this campaign belongs to; undefined: none. */
export function prizeOf(campaign: Campaign, serial: number): Prize | undefined {
  return campaign.prizes.find((prize) =>
    prize.ranges.some((range) => serial >= range.first && serial < range.first + range.size),
  );
}

export type CampaignState = "scheduled" | "active" | "paused" | "ended";

/** Where a campaign stands at an instant. Ended is final and beats paused. */
export function stateAt(campaign: Campaign, nowMs: number): CampaignState {
  if (campaign.endedMs !== undefined || nowMs >= campaign.endMs) return "ended";
  if (campaign.paused) return "paused";
  return nowMs < campaign.startMs ? "scheduled" : "active";
}
