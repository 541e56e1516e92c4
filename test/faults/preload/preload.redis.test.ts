import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../../servers/redis.ts";
import { Random } from "../../simulate/random.ts";
import { Clock } from "./clock.ts";
import { Disk } from "./disk.ts";
import { preload } from "./preload.ts";

const canCompile = (await preload("disk")) !== undefined;

/** The means of breaking things break them: else nothing that survives them would be proved. */
describe.skipIf(!canCompile)("preloaded libraries", () => {
  let dir: string;
  let server: RedisServer;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "allot-preload-"));
  });
  afterEach(async () => {
    await server.kill();
    await rm(dir, { recursive: true, force: true });
  });

  async function withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(server.url, { maxRetriesPerRequest: 0 });
    redis.on("error", () => {});
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** How many of forty values are there after the power was lost. */
  async function survivors(appendfsync: string): Promise<number> {
    const disk = await Disk.make(join(dir, "appendonlydir"), dir, true);
    server = await startRedis({ dir, env: disk!.env, config: { appendfsync } });
    await withRedis(async (redis) => {
      for (let i = 0; i < 40; i++) await redis.set(`key-${i}`, i);
    });
    await server.kill();
    await disk!.losePower(new Random(3));
    await server.restart();
    return await withRedis((redis) => redis.dbsize());
  }

  test("power loss takes what was not synced", async () => {
    const left = await survivors("no");
    expect(left).toBeLessThan(40);
  });

  test("power loss leaves what was synced", async () => {
    expect(await survivors("always")).toBe(40);
  });

  test("on a full disk no file grows, until there is room again", async () => {
    const disk = await Disk.make(join(dir, "appendonlydir"), dir, false);
    server = await startRedis({ dir, env: disk!.env });
    await withRedis((redis) => redis.set("before", 1));
    await disk!.setFull(true);
    await withRedis((redis) => expect(redis.set("meanwhile", 1)).rejects.toThrow());
    // With appendfsync always it ends then, rather than acknowledge what it can't keep.
    await expect.poll(() => server.running).toBe(false);
    await disk!.setFull(false);
    await server.restart();
    await withRedis(async (redis) => {
      expect(await redis.keys("*")).toEqual(["before"]);
      expect(await redis.set("after", 1)).toBe("OK");
    });
  });

  test("a clock jumps both ways", async () => {
    const clock = await Clock.make(dir);
    server = await startRedis({ dir, env: clock!.env });
    const offByMs = () => withRedis(async (redis) => Number((await redis.time())[0]) * 1_000 - Date.now());
    const hourMs = 3_600_000;
    for (const offsetMs of [0, hourMs, -hourMs, 0]) {
      await clock!.set(offsetMs);
      expect(Math.abs((await offByMs()) - offsetMs)).toBeLessThan(60_000);
    }
  });
});
