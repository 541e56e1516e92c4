import { randomUUID } from "node:crypto";
import type { Lending } from "../ledger/lending.ts";
import type { Logger } from "../log.ts";
import type { RedisPartition } from "../store/redis/partition.ts";
import { OutageLog } from "./outage-log.ts";
import { OutboxMover } from "./outbox-mover.ts";
import { type Service, Stopping, Wake } from "./service.ts";

/**
 * Between two transactions of a partition, so that entries gather: one costs the same for ten rows as for hundreds. The more partitions
 * are at it, the fewer rows each has, and the longer they wait. A coupon that comes alone does not.
 */
const gatherMs = 80;
const gatherMoreMs = 10;
const gatherMaxMs = 250;
const leaseMs = 10_000;
const idleMs = 100;
const troubleMs = 500;

export interface DrainOptions {
  lending: Lending;
  partitions: RedisPartition[];
  log: Logger;
}

/**
 * Keeps every partition's outbox moving into the ledger. One leased reader a partition; a second one at the same time is harmless, because
 * the mark moves under a lock.
 */
export class Drain implements Service {
  readonly name = "drain";
  readonly #options: DrainOptions;
  readonly #stopping = new Stopping();
  readonly #owner = randomUUID();
  readonly #movers: OutboxMover[];
  readonly #wakes: Wake[];
  readonly #outages: OutageLog;
  /** Partitions that had something the last time. */
  readonly #busy = new Set<number>();

  constructor(options: DrainOptions) {
    const { lending, partitions, log } = options;
    this.#options = options;
    this.#movers = partitions.map((partition) => new OutboxMover(partition, lending, log));
    this.#wakes = partitions.map(() => new Wake());
    this.#outages = new OutageLog(log, "drain");
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
    // A run under way may have read before the call: what counts is one that begins after it, as this does.
    while ((await this.#movers[partitionNo]!.run()) !== "empty");
  }

  async #follow(partitionNo: number): Promise<void> {
    const { lending } = this.#options;
    let leasedUntilMs = 0;
    while (!this.#stopping.stopped) {
      try {
        if (performance.now() > leasedUntilMs) {
          const askedMs = performance.now();
          if (await lending.lease(partitionNo, this.#owner, leaseMs)) leasedUntilMs = askedMs + leaseMs / 2;
        }
        if (performance.now() <= leasedUntilMs) {
          await this.#once(partitionNo);
        } else {
          await this.#stopping.pause(leaseMs / 5);
        }
      } catch (error) {
        this.#outages.trouble(partitionNo, error);
        await this.#stopping.pause(troubleMs);
      }
    }
    await lending.release(partitionNo, this.#owner).catch(() => {});
  }

  /** One run, and the pause after it. */
  async #once(partitionNo: number): Promise<void> {
    const moved = await this.#movers[partitionNo]!.run();
    this.#outages.over(partitionNo);
    if (moved === "empty") this.#busy.delete(partitionNo);
    else this.#busy.add(partitionNo);
    if (moved === "empty") await this.#stopping.pause(idleMs, this.#wakes[partitionNo]!);
    if (moved === "moved") await this.#stopping.pause(this.#gatherMs());
  }

  #gatherMs(): number {
    return Math.min(gatherMaxMs, gatherMs + gatherMoreMs * (this.#busy.size - 1));
  }
}
