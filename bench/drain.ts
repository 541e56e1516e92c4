/**
 * The whole way from the outbox to the ledger: packed entries of 50 coupons in a real Redis (appendfsync always), drained by Drain into
 * MariaDB. `paced`: 30,000 coupons a second for three seconds, about what one server issues flat out; `backlog`: 90,000 that are there
 * already. `loop` is CPU of the thread that drains, which is the server's own by default, and what this is about; medians over the rounds.
 *
 *   node bench/drain.ts
 */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Redis } from "ioredis";
import { pino } from "pino";
import { Drain } from "../src/flows/drain.ts";
import { connected, connectRedis } from "../src/store/redis/connect.ts";
import { partitionKeys } from "../src/store/redis/keys.ts";
import { loadLibrary } from "../src/store/redis/library.ts";
import { RedisPartition } from "../src/store/redis/partition.ts";
import { ensureServers } from "../test/servers/ensure-servers.ts";
import { startMysql } from "../test/servers/mysql.ts";
import { startRedis } from "../test/servers/redis.ts";
import { cpuMsOf } from "./cpu/processes.ts";
import type { Filling } from "./fill-outbox.ts";
import { lentCampaign } from "./lent-campaign.ts";
import { atMost } from "./line.ts";
import { type Benchmark, median, type Result } from "./result.ts";
import type { Turn } from "./rounds/turn.ts";

const size = 50;
const entries = 1_800;
const paces = { paced: 30_000, backlog: Number.POSITIVE_INFINITY };
const loopUs = 1.5;

async function measure(rounds: number): Promise<Result> {
  await using redisServer = await startRedis();
  await using mysql = await startMysql();
  const { ledger, lending, epoch, campaignNo, spaceNo } = await lentCampaign(mysql.url);
  const redis = connectRedis(redisServer.url, () => {});
  await connected(redis, 5_000);
  await loadLibrary(redis);
  const partition = new RedisPartition(() => redis, partitionKeys(0, 1), 0);
  await partition.begin(epoch);
  await partition.arm(epoch, 0);
  const key = partition.keys.outbox;
  const watch = new Redis(redisServer.url);
  const next = { n: 1, serial: 0, totalBytes: 0 };

  /** Resolves when everything is made; what it returns writes it. */
  const filler = async (perSecond: number) => {
    const filling: Filling = {
      ...{ redisUrl: redisServer.url, key, epoch, campaignNo, spaceNo, size, entries, perSecond },
      ...next,
    };
    const worker = new Worker(new URL("./fill-outbox.ts", import.meta.url), { workerData: filling });
    await once(worker, "message");
    return async () => {
      worker.postMessage("go");
      const [totalBytes] = await once(worker, "message");
      next.n += entries;
      next.serial += entries * size;
      next.totalBytes = totalBytes as number;
    };
  };

  const cpuOf = (pid: number) => {
    const { user, system } = cpuMsOf(pid);
    return user + system;
  };

  async function turn(perSecond: number): Promise<Turn> {
    const isBacklog = perSecond === Number.POSITIVE_INFINITY;
    const fill = await filler(perSecond);
    if (isBacklog) await fill();
    const drain = new Drain({ lending, partitions: [partition], log: pino({ level: "warn" }) });
    const [database, store] = [cpuOf(mysql.pid), cpuOf(redisServer.pid)];
    const [startMs, cpu] = [performance.now(), process.threadCpuUsage()];
    const running = drain.run();
    if (!isBacklog) await fill();
    while ((await watch.xlen(key)) > 0) await delay(20);
    const { user, system } = process.threadCpuUsage(cpu);
    const seconds = (performance.now() - startMs) / 1_000;
    const coupons = entries * size;
    const each = (ms: number) => (1_000 * ms) / coupons;
    drain.stop();
    await running;
    return {
      perSecond: coupons / seconds,
      cpuUs: {
        loop: (user + system) / coupons,
        redis: each(cpuOf(redisServer.pid) - store),
        database: each(cpuOf(mysql.pid) - database),
      },
    };
  }

  const turns: Record<string, Turn[]> = { paced: [], backlog: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [name, perSecond] of Object.entries(paces)) {
      const result = await turn(perSecond);
      if (round > 0) turns[name]!.push(result);
    }
  }
  watch.disconnect();
  redis.disconnect();
  await ledger.close();
  const loop = turns.paced!.map(({ cpuUs }) => cpuUs.loop!);
  return {
    settings: { rounds, size, entries, perSecond: paces.paced },
    lines: [atMost("CPU that the drain takes from the server's loop, a coupon", loop, loopUs, "µs")],
    contenders: turns,
    figures: {},
  };
}

export const draining: Benchmark = {
  title: "What draining costs",
  about:
    "Coupons from the outbox into the ledger: CPU of the server's loop, of Redis and of the database a coupon.",
  run: ({ rounds }) => measure(rounds),
};

if (import.meta.main) {
  ensureServers();
  const { contenders, lines } = await measure(5);
  for (const [name, turns] of Object.entries(contenders!)) {
    const us = (process: string) =>
      `${process} ${median(turns.map(({ cpuUs }) => cpuUs[process]!)).toFixed(2)}`;
    const perSecond = Math.round(median(turns.map((turn) => turn.perSecond))).toLocaleString("en");
    console.log(
      `${name.padEnd(10)} ${perSecond.padStart(8)} coupons/s, µs a coupon: ${["loop", "redis", "database"].map(us).join(", ")}`,
    );
  }
  for (const { what, measured, bound, passed } of lines) {
    console.log(`${passed ? "PASS" : "FAIL"}  ${what}: ${measured} (${bound})`);
  }
  if (lines.some(({ passed }) => !passed)) process.exitCode = 1;
}
