import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { connected, connectRedis } from "./connect.ts";
import type { RedisServers } from "./servers.ts";
import { readSlotRanges, type SlotRange, slots } from "./slot-ranges.ts";

/** The map is read again this often, and at once when a server says that a slot has moved. */
const readEveryMs = 1_000;
const seedConnectMs = 2_000;
const pollMs = 10;

/**
 * A Redis Cluster: a plain connection to each master, and the map of which serves what. The client library's own cluster mode is not used:
 * it sends commands again by itself and to servers of its choice, its one status does not tell which server can be reached, and what is
 * asked of one server (loading the library, settings, time) it asks of any.
 */
export class RedisCluster implements RedisServers {
  readonly #seeds: readonly string[];
  readonly #onError: (error: Error) => void;
  readonly #masters = new Map<string, Redis>();
  readonly #bySlot = new Array<Redis | undefined>(slots).fill(undefined);
  readonly #timer: NodeJS.Timeout;
  #reading = false;
  #closed = false;

  /** Seeds are URLs. User, password and TLS of the one that answers are those of all. */
  constructor(seeds: readonly string[], onError: (error: Error) => void) {
    this.#seeds = seeds;
    this.#onError = onError;
    this.#timer = setInterval(() => void this.#read(), readEveryMs);
    void this.#read();
  }

  serving(slot: number): Redis | undefined {
    return this.#bySlot[slot];
  }

  masters(): Redis[] {
    return [...this.#masters.values()];
  }

  async connected(timeoutMs: number): Promise<boolean> {
    const untilMs = performance.now() + timeoutMs;
    const all = () => this.#bySlot.every((redis) => redis?.status === "ready");
    while (!all() && performance.now() < untilMs) await delay(pollMs);
    return all();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const redis of this.#masters.values()) redis.disconnect();
  }

  /** Reads the map: of the server that is said to know, else of any that can be reached, else of a seed. */
  async #read(knowing?: Redis): Promise<void> {
    if (this.#reading || this.#closed) return;
    this.#reading = true;
    try {
      if (!(await this.#readOfMasters(knowing))) await this.#readOfSeeds();
    } finally {
      this.#reading = false;
    }
  }

  async #readOfMasters(knowing: Redis | undefined): Promise<boolean> {
    const masters = this.masters()
      .map((redis) => ({ redis, order: redis === knowing ? -1 : Math.random() }))
      .toSorted((a, b) => a.order - b.order);
    for (const { redis } of masters) {
      if (redis.status === "ready" && (await this.#readOf(redis))) return true;
    }
    return false;
  }

  async #readOfSeeds(): Promise<void> {
    for (const seed of this.#seeds) {
      const redis = connectRedis(seed.trim(), this.#onError);
      try {
        if ((await connected(redis, seedConnectMs)) && (await this.#readOf(redis))) return;
      } finally {
        redis.disconnect();
      }
    }
  }

  async #readOf(redis: Redis): Promise<boolean> {
    try {
      const ranges = await readSlotRanges(redis);
      if (!this.#closed) this.#follow(ranges, redis);
      return true;
    } catch (error) {
      this.#onError(error as Error);
      return false;
    }
  }

  #follow(ranges: SlotRange[], asked: Redis): void {
    const before = new Map(this.#masters);
    this.#masters.clear();
    this.#bySlot.fill(undefined);
    for (const { first, last, host, port } of ranges) {
      const address = `${host}:${port}`;
      const redis = this.#masters.get(address) ?? before.get(address) ?? this.#connect(host, port, asked);
      this.#masters.set(address, redis);
      this.#bySlot.fill(redis, first, last + 1);
    }
    for (const [address, redis] of before) if (!this.#masters.has(address)) redis.disconnect();
  }

  #connect(host: string, port: number, { options }: Redis): Redis {
    const url = new URL(
      `${options.tls ? "rediss" : "redis"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    );
    url.username = encodeURIComponent(options.username ?? "");
    url.password = encodeURIComponent(options.password ?? "");
    return connectRedis(url.href, this.#onError, (redis) => void this.#read(redis));
  }
}
