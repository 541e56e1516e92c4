import type { Day } from "../campaign/day.ts";
import type { Plan } from "../campaign/plan.ts";
import type { TakeReason } from "../campaign/reason.ts";

/**
 * The store decides. It counts, hands out serials and records what it handed out, all in one atomic and durable step. Two
 * implementations, one contract: redis/ (with an outbox that the drain empties into the ledger) and embedded/ (the ledger itself).
 */
export interface Store {
  /** How many batches a partition accepts at once. */
  readonly lanes: number;
  /**
   * Each take gets all its counters and a serial, or nothing; what was taken is recorded in the same atomic, durable step. Outcomes are
   * in the order of the takes, group by group. The same batch never counts twice, whatever is lost on the way.
   * Throws StoreUnavailable when nothing is known about the batch, or nothing was done.
   */
  take(partitionNo: number, groups: Group[]): Promise<Outcome[][]>;
  /** How many this store has handed out of each prize in this partition, by prize number: in the ledger or on the way to it. */
  issued(partitionNo: number, campaignNo: number): Promise<Map<number, number>>;
  /** The store's clock, which never runs backwards. */
  nowMs(partitionNo: number): Promise<number>;
  /** Forgets a campaign whose coupons are all in the ledger. */
  forget(partitionNo: number, campaignNo: number): Promise<void>;
  /**
   * From now on takes for days that begin before `untilMs` are refused as ROUND_SEALED, whatever the clock says. What was taken before is in
   * the ledger or on its way to it when this resolves.
   */
  seal(partitionNo: number, campaignNo: number, untilMs: number): Promise<void>;
  /** Bans a user from every campaign, or lifts the ban. May be repeated. */
  ban(partitionNo: number, userHash: Buffer, banned: boolean): Promise<void>;
  /** Counts an entry no more, so that its user may take another one in its place. May be repeated: it is done once. */
  release(partitionNo: number, released: Released): Promise<void>;
}

/** Takes of one campaign that travel together. */
export interface Group {
  plan: Plan;
  /** Where the plan is daily: the campaign's current day, by the caller's belief; the store checks it. */
  day: Day | undefined;
  takes: Take[];
}

/** One request's row of values for its plan. */
export interface Take {
  /** A key for each of the plan's rules, in their order; undefined where the rule does not apply to this take. */
  keys: (Buffer | undefined)[];
  /**
   * What it asks for, a byte each (see campaign/plan.ts: anyPool, poolAt, nothing): one, or where the plan numbers entries one for each number
   * that this take may get, from 1 on.
   */
  choices: Uint8Array;
  request: RequestKey | undefined;
  /** What the ledger wants to know about the take beside its serial. */
  who: Who;
}

/** An entry that counts no more: what its plan counts it under. */
export interface Released {
  plan: Plan;
  /** The one it was taken on, where the plan is daily. */
  day: Day | undefined;
  serial: number;
  keys: (Buffer | undefined)[];
}

/** 16 bytes that name a request of a user, and 8 that stand for its other fields. */
export interface RequestKey {
  key: Buffer;
  fields: Buffer;
}

export interface Who {
  userId: string;
  /** Keyed hash of the user id, 16 bytes. */
  userHash: Buffer;
  /** Keyed hash of the address, 16 bytes, where the plan counts by address. */
  addressHash: Buffer | undefined;
}

export type Outcome =
  /** `serial`: undefined where nothing was taken from stock. `number`: of the entry, 0 where the plan numbers none. */
  | { kind: "issued"; serial: number | undefined; number: number; timeMs: number; replayed: boolean }
  /** `today`: the next day can bring another answer. */
  | { kind: "refused"; reason: TakeReason; today: boolean; nowMs: number }
  /** The request id was used with other fields. */
  | { kind: "reused" }
  /** The pool is empty but the ledger may still fill it. */
  | { kind: "dry"; pool: number }
  /** The campaign has a newer revision: load it and ask again. */
  | { kind: "stale" }
  /** The store's clock is in another day: compile again for `nowMs`. */
  | { kind: "other-day"; nowMs: number }
  /** More is on the way to the ledger than the bound allows. */
  | { kind: "ledger-behind" }
  /** It can't be known whether it happened before a crash, and nothing in the request tells. */
  | { kind: "unknown" };

/** Nothing was done, or nobody knows: ask again with the same request id. */
export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}
