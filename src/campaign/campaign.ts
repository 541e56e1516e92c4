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
  /** A raffle's tickets, numbered `ticketsNo`; undefined elsewhere. */
  tickets: Prize | undefined;
  limits: Limits;
  requireRegistration: boolean;
  couponExpiry: CouponExpiry | undefined;
  /** What all draws come from; undefined: nothing is drawn. */
  drawSecret: DrawSecret | undefined;
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

/** How taking part turns into a prize; campaign/mechanics.ts says what differs. */
export type Mechanic =
  | { kind: "first-come" }
  | { kind: "instant-win" }
  | { kind: "raffle"; tickets: number; autoDraw: boolean; requireEntropy: boolean }
  | { kind: "lottery"; requireEntropy: boolean }
  | { kind: "code-pool"; imported: boolean };

/** When coupons can't be redeemed any more: at an instant, or so long after they were issued. */
export type CouponExpiry = { kind: "at"; ms: number } | { kind: "after"; ms: number };

export interface DrawSecret {
  /** 32 bytes, wrapped by the master key. */
  wrapped: Uint8Array;
  /** SHA-256 of the secret. */
  commitment: Uint8Array;
  revealed: boolean;
}

/** The place of a raffle's tickets among its prizes: beyond those of any prize. */
export const ticketsNo = 1_000;
/** In place of a prize's, in an entry that won nothing, or nothing yet. */
export const noPrize = 65_535;

export interface Prize {
  /** Its place in the campaign, from 0; fixed. */
  no: number;
  id: string;
  name: string;
  /** Undefined: unlimited. */
  quota: number | undefined;
  /** Undefined: no limit by day. Whether there is one is fixed. */
  dailyQuota: number | undefined;
  /** Of a million draws of an instant win so many win it. */
  oddsPpm: number;
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

/** What is given out from stock, serial by serial. */
export function stockOf({
  mechanic,
  prizes,
  tickets,
}: Pick<Campaign, "mechanic" | "prizes" | "tickets">): Prize[] {
  if (tickets) return [tickets];
  return mechanic.kind === "lottery" ? [] : prizes;
}

/** What a serial of this campaign is one of; undefined: of nothing. */
export function prizeOf(campaign: Campaign, serial: number): Prize | undefined {
  return stockOf(campaign).find((prize) =>
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
