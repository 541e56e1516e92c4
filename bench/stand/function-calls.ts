import { Redis } from "ioredis";

/** Calls of Functions that a Redis has answered since its start, reading or writing. Commands inside a Function are not counted. */
export class FunctionCalls implements AsyncDisposable {
  readonly #redis: Redis;

  constructor(redisUrl: string) {
    this.#redis = new Redis(redisUrl);
  }

  async read(): Promise<number> {
    const stats = await this.#redis.info("commandstats");
    return [...stats.matchAll(/^cmdstat_fcall(?:_ro)?:calls=(\d+)/gm)].reduce(
      (sum, [, calls]) => sum + Number(calls),
      0,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis.quit();
  }
}
