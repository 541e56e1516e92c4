import type { Redis } from "ioredis";
import { Gauge, type Registry } from "prom-client";
import { type Service, Stopping } from "../flows/service.ts";
import type { Logger } from "../log.ts";
import { collectRedis } from "./redis-facts.ts";
import { judgeRedis } from "./redis-rules.ts";

export interface SafetyCheckOptions {
  redis: Redis;
  registry: Registry;
  log: Logger;
  /** Between two looks; a minute by default. */
  everyMs?: number;
}

/** Looks at Redis' settings while serving: somebody may change them. Each finding is logged when it appears and when it is gone. */
export class SafetyCheck implements Service {
  readonly name = "safety check";
  readonly #options: SafetyCheckOptions;
  readonly #stopping = new Stopping();
  readonly #unsafe: Gauge;
  #known = new Set<string>();

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
      // While Redis can't be asked nothing new is known; that it can't is told by readiness.
      await this.#look().catch((error) => this.#options.log.debug({ err: error }, "safety check"));
      await this.#stopping.pause(this.#options.everyMs ?? 60_000);
    }
  }

  stop(): void {
    this.#stopping.stop();
  }

  async #look(): Promise<void> {
    const { redis, log } = this.#options;
    const bad = judgeRedis(await collectRedis(redis)).filter(({ level }) => level === "bad");
    this.#unsafe.set(bad.length);
    for (const { check, found, why, remedy } of bad) {
      if (!this.#known.has(check)) log.error({ check, found, why, remedy }, "Redis is not safe");
    }
    const now = new Set(bad.map(({ check }) => check));
    for (const check of this.#known) if (!now.has(check)) log.info({ check }, "Redis is safe again");
    this.#known = now;
  }
}
