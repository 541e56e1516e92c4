import type { Entry, EntryKey } from "./ledger.ts";

/**
 * The ledger owns the quota and lends it: blocks of serials to partitions of the store, for one epoch each; and takes back what was
 * handed out (the drain) and what was not (hand-backs). Only where the store is apart from the ledger: MySQL.
 */
export interface Lending {
  /** Makes rows for `count` partitions; throws when the ledger was set up with another number. */
  setUpPartitions(count: number): Promise<void>;
  partition(no: number): Promise<Partition>;

  /**
   * Lends block `number` of a pool: serials of the prize, checked against quota and the day's. Repeating a number returns the same
   * block. Numbers start at 1 in each epoch and leave no gap. `wanted` is an upper bound. When nothing is left, a `dry` pool (empty, its
   * partition drained) gets an empty block that says why: an exhausted mark, which a later block lifts; any other gets nothing.
   * Throws LedgerLostCommits where the store knows an epoch, a prize or a block that the ledger does not.
   */
  lend(pool: PoolKey, number: number, wanted: number, dry: boolean): Promise<Lent>;
  /** Blocks of a pool in this epoch above a number, for a store that missed some. */
  blocksAfter(pool: PoolKey, number: number): Promise<Block[]>;
  /** The pools that hold unspent serials of this prize by the ledger's knowledge, in whichever partition and epoch. */
  poolsOf(campaignNo: number, prizeNo: number): Promise<PoolKey[]>;
  /** Sets quota = max(quota, granted) once what was lowered has been recalled; returns the prize's quota. */
  settleQuota(campaignNo: number, prizeNo: number): Promise<number | undefined>;

  /**
   * Records a run of outbox entries of one partition and moves its high-water mark, in one transaction. Entries at or below the mark
   * are skipped; an entry that conflicts with a row that is there goes to the dead letters. Returns how many were recorded, and dead.
   */
  record(partitionNo: number, batch: OutboxBatch[]): Promise<Recorded>;

  /** Takes or extends the right to read a partition's outbox; false: somebody else has it. */
  lease(partitionNo: number, owner: string, ttlMs: number): Promise<boolean>;
  release(partitionNo: number, owner: string): Promise<void>;

  /** Takes the right to arm and the next epoch, if `epoch` is still the current one and nobody else is at it; else undefined. */
  beginArming(partitionNo: number, epoch: number, owner: string, ttlMs: number): Promise<number | undefined>;
  /** Keeps that right for longer, while it is still the owner's and in that epoch. */
  extendArming(partitionNo: number, epoch: number, owner: string, ttlMs: number): Promise<void>;
  /**
   * With the outbox drained: closes all blocks of earlier epochs. What was not spent is free again where `proven`, else it is set
   * aside as in doubt.
   */
  closeBlocks(partitionNo: number, epoch: number, proven: boolean): Promise<void>;
  /**
   * From now on blocks are lent in this epoch; call it before the store is told that it is in force. `durable`: by the store's settings
   * nothing acknowledged in it can be lost by a restart. Throws when somebody else has gone on to a higher epoch, as closeBlocks does.
   */
  endArming(partitionNo: number, epoch: number, owner: string, durable: boolean): Promise<void>;
  /**
   * A partition's entries of some campaigns (a hundred at most), by campaign and then in the order they were recorded, after an entry.
   * Nothing else is read, however much there is of other campaigns.
   */
  entries(
    partitionNo: number,
    campaignNos: number[],
    after: (EntryKey & { campaignNo: number }) | undefined,
    limit: number,
  ): Promise<Entry[]>;

  /** What was recorded in a partition, by campaign and prize. */
  issuedIn(partitionNo: number): Promise<{ campaignNo: number; prizeNo: number; issued: number }[]>;
  /** Prizes of which more is lent than their quota, or a day's, now allows: recall it, drain, then settleQuota. */
  overLent(campaignNo: number): Promise<number[]>;

  /** Campaigns whose latest revision not every partition has been told of. */
  unpushed(limit: number): Promise<{ campaignNo: number; revision: number }[]>;
  pushed(campaignNo: number, revision: number): Promise<void>;
  /** Pools of days before `date` (in the campaign's zone) that hold unspent serials; for hand-backs at a day's end. */
  pastPools(campaignNo: number, date: string): Promise<PoolKey[]>;
}

/** A pool's place: a prize, a day where the quota is daily (else ""), a partition and its epoch. */
export interface PoolKey {
  campaignNo: number;
  prizeNo: number;
  day: string;
  partitionNo: number;
  epoch: number;
}

export interface Block {
  number: number;
  first: number;
  /** 0: an exhausted mark, or a block that was handed back whole. */
  size: number;
  exhausted: Exhausted | undefined;
}

/** Nothing left of the total quota, or of the day's. */
export type Exhausted = "total" | "day";

export type Lent =
  | { kind: "block"; block: Block }
  /** Nothing is free now, but other pools of the prize may hold unspent serials: recall them, drain, and ask again. */
  | { kind: "elsewhere"; pools: PoolKey[] }
  /** Nothing is left to lend, but the pool is not dry. */
  | { kind: "nothing" }
  /** The partition has gone on to another epoch, or this one is still being armed. */
  | { kind: "other-epoch" };

export interface Partition {
  no: number;
  /** The latest epoch that began to be armed. */
  epoch: number;
  /** The latest epoch for which endArming was called: the one a sound store is in. */
  armedEpoch: number;
  /** The last outbox entry that was recorded. */
  highEpoch: number;
  highN: number;
  /** The latest time in a recorded entry. */
  clockMs: number;
  /** Whether the current epoch was armed on a store whose settings lose nothing by a restart. */
  durable: boolean;
}

/** One outbox entry: what a batch handed out, or what a recall handed back. */
export interface OutboxBatch {
  epoch: number;
  n: number;
  timeMs: number;
  /** In the order of their indexes. */
  runs: EntryRun[];
  handBacks: HandBack[];
}

/** Entries alike, one after the other: their indexes and serials go up by one from those of the first. */
export interface EntryRun {
  campaignNo: number;
  revision: number;
  spaceNo: number;
  prizeNo: number;
  /** As in Entry; of all of them. */
  number: number;
  drawnNo: number | undefined;
  i: number;
  /** Undefined: none of them has one. */
  serial: number | undefined;
  size: number;
  /** Who they went to, packed: see packed-who.ts. */
  who: Buffer;
}

/** The end of a block, `size` serials from `first`, comes back unspent; the block ends at `first` from now on. */
export interface HandBack {
  campaignNo: number;
  prizeNo: number;
  day: string;
  number: number;
  first: number;
  size: number;
}

export interface Recorded {
  recorded: number;
  dead: number;
  highEpoch: number;
  highN: number;
}

/** The store knows what the ledger has never heard of: commits were lost, and lending must stop until people have looked. */
export class LedgerLostCommits extends Error {
  override name = "LedgerLostCommits";

  constructor(what: string) {
    super(`the ledger does not know ${what}: it lost commits, or belongs to another store; nothing is lent`);
  }
}
