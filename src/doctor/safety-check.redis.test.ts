import { Redis } from "ioredis";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import { startRedis } from "../../test/servers/redis.ts";
import { SafetyCheck } from "./safety-check.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

test("a setting that somebody changes while serving is counted and logged once, and again when it is mended", async () => {
  const server = await startRedis();
  cleanUp.push(() => server.stop());
  const redis = new Redis(server.url);
  cleanUp.push(() => redis.disconnect());
  const lines: { level: number; check?: string; msg: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const registry = new Registry();
  const check = new SafetyCheck({ servers: { masters: () => [redis] }, registry, log, everyMs: 5 });
  const running = check.run();
  cleanUp.push(() => check.stop());
  const unsafe = () => registry.getSingleMetricAsString("allot_unsafe_settings");
  const looks = async () =>
    Number(/calls=(\d+)/.exec(/cmdstat_time:.*/.exec(await redis.info("commandstats"))?.[0] ?? "")?.[1] ?? 0);
  /** Until two more rounds have begun, so that one is whole. */
  const rounds = async () => {
    const target = (await looks()) + 2 * 9;
    await expect.poll(looks).toBeGreaterThan(target);
  };

  await rounds();
  expect(await unsafe()).toMatch(/ 0$/);
  expect(lines).toEqual([]);

  await redis.config("SET", "appendfsync", "everysec");
  await expect.poll(unsafe).toMatch(/ 1$/);
  await rounds();
  expect(lines).toMatchObject([{ level: 50, check: "appendfsync", msg: "Redis is not safe" }]);

  await redis.config("SET", "appendfsync", "always");
  await expect.poll(unsafe).toMatch(/ 0$/);
  expect(lines.slice(1)).toMatchObject([{ level: 30, check: "appendfsync", msg: "Redis is safe again" }]);

  check.stop();
  await running;
});
