import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Campaign } from "../campaign/campaign.ts";
import { partitionsOf } from "../campaign/partitions.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { LedgerLostCommits, type Lending, type Partition } from "../ledger/lending.ts";
import { durabilityGaps } from "../store/redis/durability.ts";
import type { Epochs } from "../store/redis/lane.ts";
import { libraryState, loadLibrary } from "../store/redis/library.ts";
import { Fenced, type FenceState, type RedisPartition } from "../store/redis/partition.ts";
import type { Drain } from "./drain.ts";
import { OutageLog } from "./outage-log.ts";
import { restorePartition } from "./restore.ts";
import { type Service, Stopping, Wake } from "./service.ts";

export interface ArmingOptions {
  partitions: RedisPartition[];
  ledger: Ledger;
  lending: Lending;
  drain: Drain;
  log: Logger;
}

/** Who arms says so again and again; so long after the last time somebody else may begin, as that one has died. */
const armingMs = 3_000;
const extendMs = 500;
const retryMs = 100;

/**
 * Knows which epoch every partition is in, and arms those whose Redis process is not: a fresh, restarted or promoted one issues nothing
 * until then. The next epoch is taken in the ledger; the outbox is drained; blocks of serials are closed; what the store lost is
 * restored from the ledger; then the epoch is put in force.
 */
export class Arming implements Service, Epochs {
  readonly name = "arming";
  readonly #options: ArmingOptions;
  readonly #stopping = new Stopping();
  readonly #owner = randomUUID();
  readonly #epochs = new Map<number, number>();
  readonly #wakes: Wake[];
  readonly #troubles = new Map<number, Error>();
  /** Partitions that have been in force since this server started. */
  readonly #known = new Set<number>();
  readonly #outages: OutageLog;

  constructor(options: ArmingOptions) {
    this.#options = options;
    this.#wakes = options.partitions.map(() => new Wake());
    this.#outages = new OutageLog(options.log, "arming");
  }

  current(partitionNo: number): number | undefined {
    return this.#epochs.get(partitionNo);
  }

  lost(partitionNo: number): void {
    this.#epochs.delete(partitionNo);
    this.#wakes[partitionNo]!.call();
  }

  /**
   * What keeps this server from issuing, one sentence each; empty: it issues. Where Redis is a cluster, the partitions of a master that is away
   * don't count, nor do those that come back, as long as others issue: no other server could do better.
   */
  troubles(): string[] {
    const { partitions } = this.#options;
    const isReachable = ({ connection }: RedisPartition) => connection()?.status === "ready";
    const issues = (one: RedisPartition) => this.#epochs.has(one.no) && isReachable(one);
    const isNeeded = (one: RedisPartition) =>
      this.#troubles.get(one.no) instanceof LedgerLostCommits ||
      (isReachable(one) && !this.#known.has(one.no));
    const silent = partitions.filter((one) => !issues(one));
    const counted = silent.length < partitions.length ? silent.filter(isNeeded) : silent;
    const reasonFor = (one: RedisPartition) =>
      isReachable(one)
        ? (this.#troubles.get(one.no)?.message ?? "partitions are being armed")
        : "Redis can't be reached";
    return [...new Set(counted.map(reasonFor))];
  }

  async run(): Promise<void> {
    await Promise.all(this.#options.partitions.map((partition) => this.#follow(partition)));
  }

  stop(): void {
    this.#stopping.stop();
    for (const wake of this.#wakes) wake.call();
  }

  async #follow(partition: RedisPartition): Promise<void> {
    const wake = this.#wakes[partition.no]!;
    while (!this.#stopping.stopped) {
      if (this.#epochs.has(partition.no)) {
        await this.#stopping.pause(60_000, wake);
        continue;
      }
      try {
        const epoch = await this.#find(partition);
        if (epoch !== undefined) {
          this.#epochs.set(partition.no, epoch);
          this.#known.add(partition.no);
          this.#troubles.delete(partition.no);
          this.#outages.over(partition.no);
          continue;
        }
      } catch (error) {
        this.#complain(partition.no, error);
      }
      await this.#stopping.pause(retryMs);
    }
  }

  #complain(partitionNo: number, error: unknown): void {
    const { log } = this.#options;
    const trouble = error instanceof Error ? error : new Error(String(error));
    const { message } = trouble;
    if (trouble instanceof LedgerLostCommits && this.#troubles.get(partitionNo)?.message !== message) {
      log.error({ partition: partitionNo, alarm: true }, message);
    } else {
      this.#outages.trouble(partitionNo, trouble);
    }
    this.#troubles.set(partitionNo, trouble);
  }

  /** The epoch a partition is in, after arming it where nobody has; undefined: somebody else is at it. */
  async #find(partition: RedisPartition): Promise<number | undefined> {
    const { lending } = this.#options;
    const state = await this.#state(partition);
    const known = await lending.partition(partition.no);
    if (Math.max(state.epoch ?? 0, state.arming) > known.epoch) {
      const epoch = Math.max(state.epoch ?? 0, state.arming);
      throw new LedgerLostCommits(`epoch ${epoch} of partition ${partition.no}`);
    }
    if (isArmed(state, known)) return known.epoch;
    // Somebody else may have armed it between these two looks.
    if (isArmed(await this.#state(partition), known)) return known.epoch;
    const epoch = await lending.beginArming(partition.no, known.epoch, this.#owner, armingMs);
    if (epoch === undefined) return undefined;
    // Whether it reaches the ledger or not: one that was overtaken is told so when it ends.
    const extend = () => lending.extendArming(partition.no, epoch, this.#owner, armingMs).catch(() => {});
    const timer = setInterval(extend, extendMs);
    try {
      return await this.#arm(partition, epoch);
    } catch (error) {
      // Overtaken by a higher epoch: whoever took it arms.
      if (error instanceof Fenced) return undefined;
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  async #arm(partition: RedisPartition, epoch: number): Promise<number> {
    const { ledger, lending, drain, log } = this.#options;
    const startedMs = performance.now();
    if (!(await partition.begin(epoch))) throw new Fenced("a higher epoch began");
    // Only from here on nobody else arms it: by an older look, what somebody armed meanwhile would count as lost.
    const state = await this.#state(partition);
    await drain.empty(partition.no);
    const known = await lending.partition(partition.no);
    const gaps = await durabilityGaps(partition.server());
    const intact = isIntact(state, known);
    const first = known.armedEpoch === 0;
    const proven = first || (intact && known.durable && gaps.length === 0);
    await lending.closeBlocks(partition.no, epoch, proven);
    const campaigns = await this.#campaigns(partition.no);
    await restorePartition({ ledger, lending, partition, epoch, campaigns, intact, proven });
    await lending.endArming(partition.no, epoch, this.#owner, gaps.length === 0);
    await partition.arm(epoch, (await lending.partition(partition.no)).clockMs);
    const ms = Math.round(performance.now() - startedMs);
    // The first time of all there is nothing to tell.
    log[first ? "debug" : "info"](
      { partition: partition.no, epoch, intact, proven, campaigns: campaigns.length, ms },
      "partition armed",
    );
    if (!proven) log.warn({ partition: partition.no, gaps }, "unspent serials were set aside as in doubt");
    return epoch;
  }

  async #state(partition: RedisPartition): Promise<FenceState> {
    try {
      return await partition.state();
    } catch (error) {
      if (!String(error).includes("Function not found")) throw error;
      if ((await libraryState(partition.server())) === "other") {
        throw new Error("Redis holds another version of the Function library: run `allot migrate`");
      }
      await loadLibrary(partition.server()).catch((refused) => {
        if (!String(refused).includes("NOPERM")) throw refused;
        throw new Error(
          "Redis has no Function library, and this user may not load it: run `allot migrate` as one that may",
        );
      });
      return await partition.state();
    }
  }

  /** Campaigns that the store knows or should know, of one partition. */
  async #campaigns(partitionNo: number): Promise<Campaign[]> {
    const { ledger, partitions } = this.#options;
    const found: Campaign[] = [];
    let before: number | undefined;
    for (;;) {
      const page = await ledger.campaigns({ states: [], nowMs: Date.now() }, before, 1000);
      found.push(
        ...page.filter((one) => !one.retired && partitionsOf(one, partitions.length).includes(partitionNo)),
      );
      if (page.length < 1000) return found;
      before = page.at(-1)!.no;
    }
  }
}

/** The data is of the last epoch, and lacks nothing that the ledger has of it: a replica that was behind may, and a file after a power cut. */
function isIntact({ epoch, n }: FenceState, { armedEpoch, highEpoch, highN }: Partition): boolean {
  return epoch !== undefined && epoch === armedEpoch && !(highEpoch === epoch && highN > n);
}

/** The process that serves the data is the one that was armed, in the ledger's epoch. */
function isArmed({ live, epoch, n }: FenceState, known: Partition): boolean {
  return live !== undefined && live.epoch === epoch && live.n === n && epoch === known.epoch;
}
