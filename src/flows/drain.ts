import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Lending } from "../ledger/lending.ts";
import type { RedisPartition } from "../store/redis/partition.ts";
import { OutageLog } from "./outage-log.ts";
import { type Service, Stopping, Wake } from "./service.ts";

/** Entries read at once: of 1,000 coupons each at the most, and of some tens where one transaction pays. */
const entriesMax = 100;
/** Between two reads, so that entries gather: a transaction costs the same for ten rows as for hundreds. */
const gatherMs = 50;
const leaseMs = 10_000;
const idleMs = 100;

export interface DrainOptions {
  lending: Lending;
  partitions: RedisPartition[];
  log: Logger;
}

/**
 * Moves every partition's outbox into the ledger, in order: read, record with the new high-water mark in one transaction, then trim up to
 * it. One leased reader a partition; a second one at the same time is harmless, because the mark moves under a lock.
 */
export class Drain implements Service {
  readonly name = "drain";
  readonly #options: DrainOptions;
  readonly #stopping = new Stopping();
  readonly #owner = randomUUID();
  readonly #wakes: Wake[];
  readonly #outages: OutageLog;
  readonly #running = new Map<number, Promise<unknown>>();

  constructor(options: DrainOptions) {
    this.#options = options;
    this.#wakes = options.partitions.map(() => new Wake());
    this.#outages = new OutageLog(options.log, "drain");
  }

  async run(): Promise<void> {
    await Promise.all(this.#options.partitions.map(({ no }) => this.#follow(no)));
  }

  stop(): void {
    this.#stopping.stop();
  }

  /** There is something in a partition's outbox. */
  wake(partitionNo: number): void {
    this.#wakes[partitionNo]!.call();
  }

  /** Records all that is in a partition's outbox when called, whoever holds the lease. */
  async empty(partitionNo: number): Promise<void> {
    for (;;) {
      // A run under way may have read before the call: what counts is one that begins after it.
      await this.#running.get(partitionNo)?.catch(() => {});
      if (!(await this.#once(partitionNo))) return;
    }
  }

  async #follow(partitionNo: number): Promise<void> {
    const { lending } = this.#options;
    let leasedUntilMs = 0;
    while (!this.#stopping.stopped) {
      let pauseMs = idleMs;
      try {
        if (performance.now() > leasedUntilMs) {
          const askedMs = performance.now();
          if (await lending.lease(partitionNo, this.#owner, leaseMs)) leasedUntilMs = askedMs + leaseMs / 2;
        }
        if (performance.now() <= leasedUntilMs) {
          if (await this.#once(partitionNo)) {
            await this.#stopping.pause(gatherMs);
            pauseMs = 0;
          }
          this.#outages.over(partitionNo);
        } else {
          pauseMs = leaseMs / 5;
        }
      } catch (error) {
        this.#outages.trouble(partitionNo, error);
        pauseMs = 500;
      }
      if (pauseMs > 0) await this.#stopping.pause(pauseMs, this.#wakes[partitionNo]!);
    }
    await lending.release(partitionNo, this.#owner).catch(() => {});
  }

  /** One read, record and trim; false: the outbox was empty. One at a time for each partition. */
  #once(partitionNo: number): Promise<boolean> {
    const before = this.#running.get(partitionNo) ?? Promise.resolve();
    const run = before.catch(() => {}).then(() => this.#move(partitionNo));
    this.#running.set(partitionNo, run);
    return run;
  }

  async #move(partitionNo: number): Promise<boolean> {
    const { lending, partitions, log } = this.#options;
    const partition = partitions[partitionNo]!;
    const entries = await partition.outbox({ epoch: 0, n: 0 }, entriesMax);
    const last = entries.at(-1);
    if (!last) return false;
    const { dead, highEpoch, highN } = await lending.record(partitionNo, entries);
    if (dead > 0)
      log.error(
        { partition: partitionNo, dead },
        "drain: rows that conflict with the ledger are in dead_letter",
      );
    const done = entries.findLast(
      (entry) => entry.epoch < highEpoch || (entry.epoch === highEpoch && entry.n <= highN),
    );
    if (done) await partition.trim(done.epoch, done.n, done.totalBytes);
    return true;
  }
}
