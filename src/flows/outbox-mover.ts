import type { Lending } from "../ledger/lending.ts";
import type { Logger } from "../log.ts";
import type { OutboxEntry } from "../store/redis/outbox.ts";
import type { RedisPartition } from "../store/redis/partition.ts";

/** Beyond some thousand coupons a transaction only grows longer, and holds up who wants to lend. */
const couponsMax = 4_000;
const entriesAtFirst = 20;
const entriesMax = 500;
/** A backlog is moved without a pause for so long, then it is time to look after the lease. */
const runMs = 1_000;

const start = { epoch: 0, n: 0 };

/**
 * Moves one partition's outbox into the ledger, in order: read, record with the new high-water mark in one transaction, then trim up to
 * it. While a backlog is recorded the next entries are read. Trimming waits for the next read, so that both travel together.
 */
export class OutboxMover {
  readonly #partition: RedisPartition;
  readonly #lending: Lending;
  readonly #log: Logger;
  /** How many entries are read at once: fewer where they are large. */
  #count = entriesAtFirst;
  /** The last entry that the ledger is known to have and the outbox to hold. */
  #done: OutboxEntry | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(partition: RedisPartition, lending: Lending, log: Logger) {
    this.#partition = partition;
    this.#lending = lending;
    this.#log = log;
  }

  /** "empty": there was nothing when this began; "more": there is a backlog. One at a time; a call waits for those before it. */
  run(): Promise<"empty" | "moved" | "more"> {
    const run = this.#running.then(() => this.#move());
    this.#running = run.catch(() => {});
    return run;
  }

  async #move(): Promise<"empty" | "moved" | "more"> {
    const untilMs = performance.now() + runMs;
    let entries = await this.#read(start);
    if (entries.length === 0) return "empty";
    for (;;) {
      const isFull = entries.length >= this.#count;
      this.#fit(entries);
      if (!isFull || performance.now() > untilMs) {
        await this.#record(entries);
        return isFull ? "more" : "moved";
      }
      const [next] = await Promise.all([this.#read(entries.at(-1)!), this.#record(entries)]);
      if (next.length === 0) return "moved";
      entries = next;
    }
  }

  async #read(after: { epoch: number; n: number }): Promise<OutboxEntry[]> {
    const done = this.#done;
    this.#done = undefined;
    const trimmed = done && this.#partition.trim(done.epoch, done.n, done.totalBytes);
    const [entries] = await Promise.all([this.#partition.outbox(after, this.#count), trimmed]);
    return entries;
  }

  /** Next time as many entries as make a transaction, if they are as these. */
  #fit(entries: OutboxEntry[]): void {
    let coupons = 0;
    for (const { runs } of entries) for (const run of runs) coupons += run.size;
    const count = Math.ceil((couponsMax * entries.length) / Math.max(1, coupons));
    this.#count = Math.min(entriesMax, count);
  }

  async #record(entries: OutboxEntry[]): Promise<void> {
    const { no } = this.#partition;
    const { dead, highEpoch, highN } = await this.#lending.record(no, entries);
    if (dead > 0)
      this.#log.error(
        { partition: no, dead },
        "drain: rows that conflict with the ledger are in dead_letter",
      );
    this.#done =
      entries.findLast(
        (entry) => entry.epoch < highEpoch || (entry.epoch === highEpoch && entry.n <= highN),
      ) ?? this.#done;
  }
}
