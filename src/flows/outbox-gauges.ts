import type { Metrics } from "../metrics.ts";
import type { RedisPartition } from "../store/redis/partition.ts";
import { type Service, Stopping } from "./service.ts";

const intervalMs = 2_000;

/** Depth and age of every partition's outbox, as metrics. */
export class OutboxGauges implements Service {
  readonly name = "outbox gauges";
  readonly #partitions: RedisPartition[];
  readonly #metrics: Metrics;
  readonly #stopping = new Stopping();

  constructor(partitions: RedisPartition[], metrics: Metrics) {
    this.#partitions = partitions;
    this.#metrics = metrics;
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      await Promise.all(this.#partitions.map((partition) => this.#read(partition)));
      await this.#stopping.pause(intervalMs);
    }
  }

  stop(): void {
    this.#stopping.stop();
  }

  async #read(partition: RedisPartition): Promise<void> {
    const labels = { partition: String(partition.no) };
    try {
      const { outboxEntries, outboxBytes, oldestMs, nowMs } = await partition.state();
      this.#metrics.outboxEntries.set(labels, outboxEntries);
      this.#metrics.outboxBytes.set(labels, outboxBytes);
      this.#metrics.outboxAgeSeconds.set(labels, oldestMs === undefined ? 0 : (nowMs - oldestMs) / 1000);
    } catch {
      // Readiness says that Redis can't be asked; an old figure would look like a fresh one.
      this.#metrics.outboxEntries.remove(labels);
      this.#metrics.outboxBytes.remove(labels);
      this.#metrics.outboxAgeSeconds.remove(labels);
    }
  }
}
