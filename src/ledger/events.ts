import type { Entry, EntryKey } from "./entries.ts";

/**
 * Facts that are rows of their own, with what each says; what was given out is in the entries already. They name coupons by serial and
 * users by hash: codes and user ids are looked up when an event leaves, so that an erased user's is not there.
 */
export interface Facts {
  "coupon.redeemed": CouponFact & { orderId: string };
  "coupon.revoked": CouponFact & { reason: string; quotaReturned: boolean };
  /** How many of how many tickets won. */
  "winners.drawn": { tickets: number; winners: number };
  /** A lottery's round: its date as in 2026-11-20, how many ballots, how many of them won. */
  "round.closed": { date: string; ballots: number; winners: number };
  /** Of no campaign. */
  "user.banned": UserFact;
  "user.unbanned": UserFact;
  /** Every unit of a prize's quota, or every ticket, is given out. */
  "quota.exhausted": { prizeNo: number; quota: number };
  /** By a manager, or because its time was up. */
  "campaign.ended": { by: "manager" | "time" };
}

export type FactType = keyof Facts;

export interface CouponFact {
  spaceNo: number;
  serial: number;
}

export interface UserFact {
  /** 16 bytes in hex: `Secrets.userHashKey` over the user id. */
  userHash: string;
}

/** The number that stands for no campaign. */
export const noCampaign = 0;

/** A fact to be told; `timeMs` is when it happened. */
export type Fact = {
  [Type in FactType]: { campaignNo: number; type: Type; data: Facts[Type]; timeMs: number };
}[FactType];

/** A fact as it was told: the `seq`-th of its campaign. */
export type ToldFact = Fact & { seq: number };

/** The ledger's part of webhooks: who wants events, how far each is, and what comes next. */
export interface EventLedger {
  /** From now on: what has happened until then is behind it. */
  addEndpoint(endpoint: NewEndpoint): Promise<void>;
  /** In the order they were added. */
  endpoints(): Promise<Endpoint[]>;
  /** False: there is none by this id. */
  changeEndpoint(id: string, change: EndpointChange): Promise<boolean>;
  removeEndpoint(id: string): Promise<boolean>;

  /** Takes or extends the right to deliver to an endpoint; false: somebody else has it, or the endpoint is gone. */
  leaseEndpoint(no: number, owner: string, ttlMs: number): Promise<boolean>;
  releaseEndpoint(no: number, owner: string): Promise<void>;
  /** Notes how far an endpoint is and how it is, if the lease is still the owner's; else false, and nothing is noted. */
  noteDelivery(no: number, owner: string, positions: EventPosition[], health: Health): Promise<boolean>;

  /** How much every campaign that has anything has: a cheap look. */
  eventHeads(): Promise<EventHead[]>;
  /** How far an endpoint is where it has begun; elsewhere it is at the start. */
  eventPositions(endpointNo: number): Promise<EventPosition[]>;
  /** Where a campaign's entries and facts end, all at one moment: entries that a fact is about are there when it is. */
  eventEnd(campaignNo: number): Promise<EventPosition>;
  /** Entries of a partition in the order they were recorded: behind `after`, up to and with `upTo`. */
  entriesUpTo(
    campaignNo: number,
    partitionNo: number,
    after: Place | undefined,
    upTo: Place,
    limit: number,
  ): Promise<Entry[]>;
  /** Facts behind `seq`, up to and with `upTo`. */
  facts(campaignNo: number, seq: number, upTo: number, limit: number): Promise<ToldFact[]>;
  /** The entries of coupons of one space, in any order. */
  entriesOfSerials(spaceNo: number, serials: number[]): Promise<Entry[]>;
  /** User ids by their hash in hex; erased users are not there. */
  userIds(hashes: string[]): Promise<Map<string, string>>;

  /** Tells facts that follow from other rows and that nobody has told: campaigns that ended, quotas used up. Returns how many. */
  tellOverdue(nowMs: number): Promise<number>;
  /** Removes facts from before an instant that every endpoint has passed; returns how many. */
  pruneEvents(beforeMs: number): Promise<number>;
}

/** A place among the entries of a campaign in a partition. */
export type Place = Pick<EntryKey, "epoch" | "n" | "i">;

/** How much a campaign has: entries, and facts beside them. */
export interface EventHead {
  campaignNo: number;
  entries: number;
  seq: number;
}

/** Somewhere among a campaign's entries and facts. */
export interface EventPosition extends EventHead {
  /** The last entry that lies behind, by partition. */
  places: Map<number, Place>;
}

export interface NewEndpoint {
  id: string;
  url: string;
  /** Names of events. */
  types: string[];
  /** Undefined: all campaigns, and what is of none. */
  campaignNo: number | undefined;
  /** Whether events say whose they are. */
  userIds: boolean;
  wrappedSecret: Uint8Array;
  createMs: number;
}

export interface Endpoint extends NewEndpoint, Health {
  no: number;
  /** It signs too, beside the secret, until its time. */
  previous: { wrapped: Uint8Array; untilMs: number } | undefined;
  /** When somebody last asked for a try at once; 0: never. */
  retryMs: number;
}

/** How an endpoint is. */
export interface Health {
  /** The last time it took an event. */
  deliveredMs: number | undefined;
  /** In a row, up to now. */
  failures: number;
  /** The first of these. */
  failingMs: number | undefined;
  /** When it is tried again. */
  nextMs: number | undefined;
  /** What was wrong the last time; empty: nothing. */
  problem: string;
  /** Nothing is sent since then. */
  disabledMs: number | undefined;
}

export type EndpointChange =
  | { kind: "rotate"; wrappedSecret: Uint8Array; previousUntilMs: number }
  /** Enabled where it was disabled. */
  | { kind: "retry"; nowMs: number };
