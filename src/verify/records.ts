import type { Mechanic } from "../campaign/campaign.ts";

/**
 * All that a campaign's draws can be recomputed from, as of one moment: read from the ledger, or from files that anybody may have. Prizes
 * go by their places in the campaign, from 0; hashes, digests and secrets are bytes; times are milliseconds since the Unix epoch.
 */
export interface Records {
  campaign: CampaignRecord;
  raffle: RaffleRecord | undefined;
  /** In the order of their dates. */
  rounds: RoundRecord[];
  /** In the order of their keys (partition, epoch, n, i), some at a time. */
  entries(): AsyncIterable<EntryRecord[]>;
  /** What stands for a user; undefined: whoever reads this does not have the key. */
  userHash: ((userId: string) => Buffer) | undefined;
}

export interface CampaignRecord {
  id: string;
  /** Of those, mechanics with draws. */
  mechanic: Mechanic;
  /** Over how many partitions its users are spread. */
  partitions: number;
  /** SHA-256 of the secret: 32 bytes. */
  commitment: Buffer;
  /** 32 bytes; undefined: whoever reads this does not know it. */
  secret?: Buffer | undefined;
  /** Everybody may know the secret. */
  revealed: boolean;
  /** The first one first. */
  revisions: RevisionRecord[];
  /** What there is of each prize now. */
  stock: StockRecord[];
  /** How many entries there are, by prize given. */
  given: number[];
  /** And how many with none: lost draws, ballots, tickets. */
  withoutPrize: number;
}

/** By what the entries of a revision were decided. */
export interface RevisionRecord {
  revision: number;
  /** Since when it is the latest. */
  createMs: number;
  startMs: number;
  endMs: number;
  /** Set when it was ended before its time. */
  endedMs?: number | undefined;
  paused: boolean;
  timeZone: string;
  /** Of one user; 0: any number. */
  entriesPerDay: number;
  prizes: PrizeRecord[];
}

export interface PrizeRecord {
  id: string;
  /** Undefined: unlimited. */
  quota?: number | undefined;
  dailyQuota?: number | undefined;
  oddsPpm: number;
}

export interface StockRecord {
  /** As it came out after the last change: what was given before a quota was lowered stays given. */
  quota?: number | undefined;
  /** There are codes for so many, which bounds a prize without a quota. */
  reserved: number;
  /** Set aside because a store lost data that it may have acknowledged. */
  inDoubt: number;
}

export interface EntryKeyRecord {
  partition: number;
  epoch: number;
  n: number;
  i: number;
}

export interface EntryRecord extends EntryKeyRecord {
  revision: number;
  timeMs: number;
  /** Of the campaign's time zone, as in 2026-11-20. */
  date: string;
  /** 16 bytes. */
  user: Buffer;
  /** Undefined: left out, or forgotten. */
  userId?: string | undefined;
  /** The n-th of its user that day, from 1; 0: entries have no numbers. */
  number: number;
  /** The prize an instant win came to. */
  drawn?: number | undefined;
  /** The prize it got: the same, or none where that had run out. */
  given?: number | undefined;
  /** The coupon was taken back, and its prize could be won again. */
  returned: boolean;
  /** A raffle's ticket: its place in the order in which they are handed out, from 0. */
  offset?: number | undefined;
  /** Its number, from 1; undefined where that is not known. */
  ticket?: number | undefined;
}

/** How winners were drawn. */
export interface DrawRecord {
  /** Tickets, or ballots. */
  claims: number;
  winners: number;
  /** See draws/claims-digest.ts; 32 bytes. */
  digest: Buffer;
  entropy: Buffer;
  drawMs: number;
}

export interface RaffleRecord extends DrawRecord {
  /** In the order drawn. */
  won: { rank: number; prize: number; offset: number; ticket?: number | undefined }[];
}

/** One round of a lottery: a day. */
export interface RoundRecord {
  date: string;
  startMs: number;
  endMs: number;
  /** SHA-256 of the round's secret; undefined where that is not known. */
  commitment?: Buffer | undefined;
  /** 32 bytes; undefined: whoever reads this does not know it. */
  secret?: Buffer | undefined;
  /** How many win each prize; since it is sealed. */
  quotas?: number[] | undefined;
  /** Up to where its ballots were recorded when it was drawn, by partition. */
  mark?: Omit<EntryKeyRecord, "i">[] | undefined;
  draw?: DrawRecord | undefined;
  /** In the order drawn. */
  won: (EntryKeyRecord & { rank: number; prize: number; user: Buffer })[];
}
