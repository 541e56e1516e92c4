import type { Redis } from "ioredis";
import { Gauge, type Registry } from "prom-client";
import { type Service, Stopping } from "../flows/service.ts";
import type { Logger } from "../log.ts";
import { addressOf } from "../store/redis/connect.ts";
import type { RedisServers } from "../store/redis/servers.ts";
import type { Finding } from "./finding.ts";
import { collectRedis } from "./redis-facts.ts";
import { judgeRedis } from "./redis-rules.ts";

export interface SafetyCheckOptions {
  servers: Pick<RedisServers, "masters">;
  registry: Registry;
  log: Logger;
  /** Between two looks; a minute by default. */
  everyMs?: number;
}

/** Looks at every Redis server's settings while serving: somebody may change them. Each finding is logged when it appears and when it is gone. */
export class SafetyCheck implements Service {
  readonly name = "safety check";
  readonly #options: SafetyCheckOptions;
  readonly #stopping = new Stopping();
  readonly #unsafe: Gauge;
  /** What is bad, by server and check. */
  readonly #known = new Map<string, Map<string, Finding>>();

  constructor(options: SafetyCheckOptions) {
    this.#options = options;
    this.#unsafe = new Gauge({
      name: "allot_unsafe_settings",
      help: "Settings of Redis that break a promise, as `allot doctor` tells them.",
      aggregator: "max",
      registers: [options.registry],
    });
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      await this.#look();
      await this.#stopping.pause(this.#options.everyMs ?? 60_000);
    }
  }

  stop(): void {
    this.#stopping.stop();
  }

  async #look(): Promise<void> {
    const { servers, log } = this.#options;
    const masters = new Map(servers.masters().map((redis) => [addressOf(redis), redis]));
    for (const gone of this.#known.keys()) if (!masters.has(gone)) this.#known.delete(gone);
    await Promise.all(
      [...masters].map(async ([server, redis]) => {
        // While a server can't be asked nothing new is known of it; that it can't is told by readiness.
        await this.#lookAt(server, redis).catch((error) => log.debug({ err: error }, "safety check"));
      }),
    );
    this.#unsafe.set([...this.#known.values()].reduce((sum, { size }) => sum + size, 0));
  }

  async #lookAt(server: string, redis: Redis): Promise<void> {
    const { log } = this.#options;
    const before = this.#known.get(server) ?? new Map();
    const bad = judgeRedis(await collectRedis(redis)).filter(({ level }) => level === "bad");
    const now = new Map(bad.map((finding) => [finding.check, finding]));
    this.#known.set(server, now);
    for (const { check, found, why, remedy } of bad) {
      if (!before.has(check)) log.error({ server, check, found, why, remedy }, "Redis is not safe");
    }
    for (const check of before.keys())
      if (!now.has(check)) log.info({ server, check }, "Redis is safe again");
  }
}
