import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { which } from "../../test/servers/binary.ts";
import { startRedis } from "../../test/servers/redis.ts";
import type { TestServer } from "../../test/servers/test-server.ts";
import { spentOn } from "../cpu/spent.ts";
import { median } from "../result.ts";

const perTurn = 100_000;
const [clients, pipelined] = [4, 64];

export interface FloorFigures {
  what: string;
  perSecond: number;
  redisUs: number;
}

/**
 * redis-benchmark's floor: one field of a hash set per coupon, as many in flight and at once as a busy server sends, each on disk before it
 * is answered. Nothing that remembers coupons in Redis can be cheaper.
 */
export class RedisFloor implements AsyncDisposable {
  readonly #redis: TestServer;
  readonly #rates: number[] = [];
  readonly #timesUs: number[] = [];

  private constructor(redis: TestServer) {
    this.#redis = redis;
  }

  static async startIfInstalled(): Promise<RedisFloor | undefined> {
    return which("redis-benchmark") ? new RedisFloor(await startRedis()) : undefined;
  }

  async measure(): Promise<void> {
    const shape = ["-c", clients, "-P", pipelined, "-n", perTurn, "-r", 1_000_000_000].map(String);
    const command = ["HSET", "claims", "u00001__rand_int__", "0123456789abcdef"];
    const { value, cpuMs } = await spentOn({ redis: this.#redis.pid }, async () => {
      const args = ["-p", String(this.#redis.port), ...shape, "--csv", ...command];
      const { stdout } = await promisify(execFile)("redis-benchmark", args);
      return Number(/^"HSET[^"]*","([\d.]+)"/m.exec(stdout)![1]);
    });
    this.#rates.push(value);
    this.#timesUs.push((cpuMs.redis! * 1000) / perTurn);
  }

  get figures(): FloorFigures {
    return {
      what: `redis-benchmark, ${clients} clients with ${pipelined} HSETs at a time, appendfsync always`,
      perSecond: median(this.#rates),
      redisUs: median(this.#timesUs),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis.stop();
  }
}
