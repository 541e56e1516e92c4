import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { settings } from "../../src/config/settings.ts";
import { connected, connectRedis } from "../../src/store/redis/connect.ts";
import { partitionKeys } from "../../src/store/redis/keys.ts";
import { RedisPartition } from "../../src/store/redis/partition.ts";

const intervalMs = 100;
const connectMs = 3_000;
const partitions = Number(settings.partitions.default);

interface Sample {
  atMs: number;
  /** Of the oldest entry of any partition's outbox; 0 where there is none. */
  ageMs: number;
}

export interface Lag {
  samples: number;
  p50Seconds: number;
  p99Seconds: number;
  maxSeconds: number;
  /** From the load's end until an empty outbox was seen. */
  emptyAfterSeconds: number;
}

/** Looks at the outboxes ten times a second, as the metric allot_outbox_age_seconds does every two, from its making to its end. */
export class OutboxWatch implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #partitions: RedisPartition[];
  readonly #samples: Sample[] = [];
  readonly #watching: Promise<void>;
  #ended = false;

  private constructor(redis: Redis) {
    this.#redis = redis;
    this.#partitions = Array.from(
      { length: partitions },
      (_, no) => new RedisPartition(() => this.#redis, partitionKeys(no, partitions), no),
    );
    this.#watching = this.#watch();
  }

  static async open(redisUrl: string): Promise<OutboxWatch> {
    const redis = connectRedis(redisUrl, (error) => console.error(error.message));
    if (!(await connected(redis, connectMs))) throw new Error("Redis can't be reached");
    return new OutboxWatch(redis);
  }

  /** What was seen between two instants of the wall clock, and after the second. */
  lag(fromMs: number, toMs: number): Lag {
    const ages = this.#samples
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .map(({ ageMs }) => ageMs / 1000)
      .toSorted((a, b) => a - b);
    const at = (share: number) =>
      ages[Math.min(ages.length - 1, Math.floor(ages.length * share))] ?? Number.NaN;
    const empty = this.#samples.find(({ atMs, ageMs }) => atMs >= toMs && ageMs === 0);
    return {
      samples: ages.length,
      p50Seconds: at(0.5),
      p99Seconds: at(0.99),
      maxSeconds: at(1),
      emptyAfterSeconds: empty ? (empty.atMs - toMs) / 1000 : Number.NaN,
    };
  }

  async #watch(): Promise<void> {
    while (!this.#ended) {
      const states = await Promise.all(this.#partitions.map((partition) => partition.state()));
      const ages = states.map(({ oldestMs, nowMs }) => (oldestMs === undefined ? 0 : nowMs - oldestMs));
      this.#samples.push({ atMs: Date.now(), ageMs: Math.max(...ages) });
      await delay(intervalMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#watching;
    this.#redis.disconnect();
  }
}
