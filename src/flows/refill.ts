import type { Logger } from "pino";
import { type Campaign, stockOf } from "../campaign/campaign.ts";
import { type Day, dayAfter } from "../campaign/day.ts";
import { partitionsOf } from "../campaign/partitions.ts";
import type { Pool } from "../campaign/plan.ts";
import type { Block, Lending, PoolKey } from "../ledger/lending.ts";
import type { Epochs } from "../store/redis/lane.ts";
import { Fenced, type RedisPartition } from "../store/redis/partition.ts";
import { StoreUnavailable } from "../store/store.ts";
import type { Drain } from "./drain.ts";

export interface RefillOptions {
  partitions: RedisPartition[];
  epochs: Epochs;
  lending: Lending;
  drain: Drain;
  log: Logger;
  onLent?(serials: number): void;
}

/** What this process knows of a pool; the ledger and the store are right where it is wrong. */
interface PoolState {
  epoch: number | undefined;
  last: number;
  /** Serials of the last block it got, by which "running low" is judged. */
  lastSize: number;
  lastMs: number;
  marked: boolean;
  /** Another server may have been lent blocks of it that say what is no longer so. */
  behind: boolean;
  /** The refill under way, if any. */
  busy: Promise<void> | undefined;
}

/** Lend minutes ahead, not seconds: the database may be away for a while. */
const aheadSeconds = 300;
const firstSize = 10_000;
const maxSize = 4_000_000;
const tomorrowAheadMs = 600_000;

/** Keeps pools filled: ahead of need where the store says they run low, at once where one is dry. */
export class Refill {
  readonly #options: RefillOptions;
  readonly #pools = new Map<string, PoolState>();
  /** The last day seen of each daily campaign, by number. */
  readonly #days = new Map<number, string>();

  constructor(options: RefillOptions) {
    this.#options = options;
  }

  /** How full a pool was after a batch. */
  level(partitionNo: number, campaign: Campaign, pool: Pool, day: Day | undefined, stock: number): void {
    const place = {
      campaignNo: campaign.no,
      prizeNo: pool.prizeNo,
      day: pool.daily ? day!.date : "",
      partitionNo,
    };
    const state = this.#state(place);
    if (state.epoch !== this.#options.epochs.current(partitionNo)) state.marked = false;
    if (!state.marked && !state.busy && stock * 2 < state.lastSize) this.#ahead(campaign, place);
    if (!pool.daily) return;
    if (this.#days.get(campaign.no) !== day!.date) {
      this.#days.set(campaign.no, day!.date);
      this.#quietly(this.#handBackPastDays(campaign, day!));
    }
    if (day!.endMs - Date.now() < tomorrowAheadMs) {
      const tomorrow = { ...place, day: dayAfter(campaign.timeZone, day!).date };
      if (this.#state(tomorrow).last === 0) this.#ahead(campaign, tomorrow);
    }
  }

  /**
   * Fills a dry pool, or marks it as exhausted. Requests for one pool share one refill. Throws LedgerUnavailable or StoreUnavailable.
   */
  fill(campaign: Campaign, place: Omit<PoolKey, "epoch">): Promise<void> {
    return this.#refill(campaign, place, true);
  }

  /** Takes back what pools of a prize hold beyond their own need; resolves when the ledger has it. */
  async recall(campaign: Campaign, share: "all" | "half", pools: Omit<PoolKey, "epoch">[]): Promise<void> {
    const { partitions, drain } = this.#options;
    for (const [partitionNo, ofPartition] of Map.groupBy(pools, (pool) => pool.partitionNo)) {
      const epoch = this.#epoch(partitionNo);
      const keys = ofPartition.map((pool) => ({ ...pool, epoch }));
      for (const key of keys) await this.#pushMissing(partitions[partitionNo]!, key);
      await this.#fenced(keys[0]!, () => partitions[partitionNo]!.recall(epoch, campaign.no, share, keys));
      await drain.empty(partitionNo);
    }
  }

  /** After more has become free: gives every pool of a campaign a block, which lifts an exhausted mark, or marks it anew. */
  async open(campaign: Campaign, today: Day | undefined): Promise<void> {
    for (const partitionNo of partitionsOf(campaign, this.#options.partitions.length)) {
      for (const prize of stockOf(campaign)) {
        const day = prize.dailyQuota === undefined ? "" : today!.date;
        const place = { campaignNo: campaign.no, prizeNo: prize.no, day, partitionNo };
        const state = this.#state(place);
        // One that is under way may have found nothing before more became free, or asks ahead of need, which lifts no mark.
        while (state.busy) await state.busy.catch(() => {});
        state.marked = false;
        state.behind = true;
        await this.#refill(campaign, place, true);
      }
    }
  }

  #ahead(campaign: Campaign, place: Omit<PoolKey, "epoch">): void {
    this.#quietly(this.#refill(campaign, place, false));
  }

  /** What was asked for ahead of need is asked for again when it is needed: its trouble is only logged. */
  #quietly(work: Promise<void>): void {
    work.catch((error) => this.#options.log.debug({ err: error }, "refill: not ahead of need"));
  }

  #refill(campaign: Campaign, place: Omit<PoolKey, "epoch">, dry: boolean): Promise<void> {
    const state = this.#state(place);
    state.busy ??= this.#lend(campaign, place, state, dry).finally(() => {
      state.busy = undefined;
    });
    return state.busy;
  }

  async #lend(
    campaign: Campaign,
    place: Omit<PoolKey, "epoch">,
    state: PoolState,
    dry: boolean,
  ): Promise<void> {
    const { partitions, lending, drain, onLent } = this.#options;
    const partition = partitions[place.partitionNo]!;
    const pool = { ...place, epoch: this.#epoch(place.partitionNo) };
    // Blocks are numbered anew in each epoch.
    if (state.epoch !== pool.epoch) {
      Object.assign(state, { epoch: pool.epoch, last: 0, lastSize: 0, marked: false });
    }
    if (state.last === 0) state.last = (await this.#fenced(pool, () => partition.grant(pool, []))).last;
    if (state.behind) await this.#catchUp(partition, pool, state);
    const isDry = dry && (await this.#isDry(partition, pool, state));
    // What a dry pool spent or handed back counts only when the ledger has it.
    if (isDry) await drain.empty(place.partitionNo);
    const wanted = wantedSize(campaign, place.prizeNo, state);
    for (let round = 0; round < 20; round++) {
      const lent = await lending.lend(pool, state.last + 1, wanted, isDry);
      if (lent.kind === "nothing" || (lent.kind === "elsewhere" && !isDry)) {
        // Ask again when half of the rest is gone.
        state.lastSize = Math.floor(state.lastSize / 2);
        return;
      }
      if (lent.kind === "other-epoch") {
        this.#options.epochs.lost(place.partitionNo);
        throw new StoreUnavailable("the partition is being armed");
      }
      if (lent.kind === "elsewhere") {
        await this.recall(campaign, "half", lent.pools);
        continue;
      }
      if (!(await this.#push(partition, pool, state, lent.block))) continue;
      state.marked = lent.block.size === 0;
      if (lent.block.size > 0) {
        state.lastSize = lent.block.size;
        state.lastMs = performance.now();
        onLent?.(lent.block.size);
      }
      return;
    }
    throw new StoreUnavailable("serials are being gathered from other partitions");
  }

  /** Puts those blocks into a pool that another server was lent: the next one is about what is free now, and no mark from before. */
  async #catchUp(partition: RedisPartition, pool: PoolKey, state: PoolState): Promise<void> {
    const missed = await this.#options.lending.blocksAfter(pool, state.last);
    if (missed.length > 0) state.last = (await this.#fenced(pool, () => partition.grant(pool, missed))).last;
    state.behind = false;
  }

  /**
   * Whether a pool that is said to be dry is so: somebody may have filled it meanwhile. A mark on one that holds something would stay when that
   * is recalled for others, who may have it then while this one says that nothing is left.
   */
  async #isDry(partition: RedisPartition, pool: PoolKey, state: PoolState): Promise<boolean> {
    const { last } = await this.#fenced(pool, () => partition.grant(pool, []));
    const level = await partition.level(pool);
    state.last = last;
    return level.last === last && level.stock === 0;
  }

  /** Puts a block into its pool, with those that the store or this process missed; false: others came after it, so ask for the next. */
  async #push(partition: RedisPartition, pool: PoolKey, state: PoolState, block: Block): Promise<boolean> {
    let reply = await this.#fenced(pool, () => partition.grant(pool, [block]));
    if (reply.kind === "gap") {
      const missing = await this.#options.lending.blocksAfter(pool, reply.last);
      reply = await this.#fenced(pool, () => partition.grant(pool, missing));
    }
    state.last = reply.last;
    return reply.last === block.number;
  }

  /**
   * Whoever lent a block may have died, or lost the store, before pushing it. Where nobody takes from its pool nobody else pushes it, and what is
   * not in the pool can't be recalled.
   */
  async #pushMissing(partition: RedisPartition, pool: PoolKey): Promise<void> {
    const { last } = await this.#fenced(pool, () => partition.grant(pool, []));
    const missing = await this.#options.lending.blocksAfter(pool, last);
    if (missing.length > 0) await this.#fenced(pool, () => partition.grant(pool, missing));
  }

  async #handBackPastDays(campaign: Campaign, day: Day): Promise<void> {
    const past = await this.#options.lending.pastPools(campaign.no, day.date);
    if (past.length === 0) return;
    await this.recall(campaign, "all", past);
    for (const pool of past) this.#pools.delete(nameOf(pool));
    await this.open(campaign, day);
  }

  async #fenced<T>(pool: PoolKey, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof Fenced) {
        this.#pools.delete(nameOf(pool));
        this.#options.epochs.lost(pool.partitionNo);
      }
      throw error;
    }
  }

  #epoch(partitionNo: number): number {
    const epoch = this.#options.epochs.current(partitionNo);
    if (epoch === undefined) throw new StoreUnavailable("the partition is not armed yet");
    return epoch;
  }

  #state(place: Omit<PoolKey, "epoch">): PoolState {
    const name = nameOf(place);
    let state = this.#pools.get(name);
    if (!state) {
      state = {
        epoch: undefined,
        last: 0,
        lastSize: 0,
        lastMs: performance.now(),
        marked: false,
        behind: false,
        busy: undefined,
      };
      this.#pools.set(name, state);
    }
    return state;
  }
}

const nameOf = (pool: Omit<PoolKey, "epoch">) =>
  `${pool.partitionNo} ${pool.campaignNo} ${pool.prizeNo} ${pool.day}`;

/** Enough for some minutes at the rate of the last block; where partitions share a quota, a fair part of it at the most. */
function wantedSize(campaign: Campaign, prizeNo: number, state: PoolState): number {
  const seconds = (performance.now() - state.lastMs) / 1000;
  const rate = state.lastSize === 0 ? 0 : (state.lastSize / 2 / Math.max(seconds, 0.001)) * aheadSeconds;
  const size = Math.min(Math.max(Math.ceil(rate), firstSize), maxSize);
  const quota = stockOf(campaign).find(({ no }) => no === prizeNo)?.quota;
  if (campaign.partitions === 1 || quota === undefined) return size;
  return Math.min(size, Math.ceil(quota / campaign.partitions / 2));
}
