/**
 * What an issue costs Redis: batches of new users, limit 1, no request ids, appendfsync always, as many in flight as the store has lanes.
 * For each size of batch the Function takes turns with a floor on a second Redis: what any way of keeping the same must send, HMGET and HSET
 * of the claims and XADD of who has them, by MULTI and EXEC, with nothing decided. Medians over the rounds, in µs an issue where
 * nothing else is said:
 *
 *   call     in the Function, by Redis's own statistics
 *   redis    CPU of the whole Redis process; rewriting the append-only file is a process of its own and not counted
 *   drain    the same for reading the outbox and trimming it, 20 entries at a time
 *   floor    CPU of the floor's whole process
 *   ratio    redis ÷ floor
 *   client   CPU of this process: encoding, the client library, decoding
 *
 *   node bench/function.ts
 */
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import type { Redis } from "ioredis";
import { planOf } from "../src/campaign/plan.ts";
import { connected, connectRedis } from "../src/store/redis/connect.ts";
import { partitionKeys } from "../src/store/redis/keys.ts";
import { loadLibrary } from "../src/store/redis/library.ts";
import { RedisPartition } from "../src/store/redis/partition.ts";
import { RedisStore } from "../src/store/redis/redis-store.ts";
import type { Take } from "../src/store/store.ts";
import { campaignOf } from "../test/campaign-of.ts";
import { ensureServers } from "../test/servers/ensure-servers.ts";
import { startRedis } from "../test/servers/redis.ts";
import { type Benchmark, type Line, median } from "./result.ts";

const coupons = 1_000_000;
/** Issues in a turn, by the size of its batches. */
const turns = { 1: 2_000, 8: 8_000, 64: 25_000, 128: 25_000, 512: 50_000 };
const redisLimitUs = 3.5;
const memoryLimitBytes = 90;
const epoch = 1;
const columns = ["call", "redis", "drain", "floor", "ratio", "client"] as const;

type Turn = Record<(typeof columns)[number], number>;

/** Sends batches, `lanes` at a time. */
async function inLanes<T>(lanes: number, batches: T[], send: (batch: T) => Promise<void>): Promise<void> {
  const left = batches.values();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const batch of left) await send(batch);
    }),
  );
}

let users = 0;

function newBatches(size: number, issues: number): Take[][] {
  const hashes = randomBytes(16 * issues);
  const takes = Array.from({ length: issues }, (_, i): Take => {
    const userHash = hashes.subarray(16 * i, 16 * i + 16);
    const who = { userId: `user-${users++}`, userHash, addressHash: undefined };
    return { keys: [userHash], choices: Uint8Array.of(0), request: undefined, who };
  });
  return Array.from({ length: issues / size }, (_, b) => takes.slice(b * size, (b + 1) * size));
}

/** CPU of a Redis process since it started, µs, and what it says about its calls and memory. */
async function usageOf(redis: Redis): Promise<{ cpuUs: number; callUs: number; bytes: number }> {
  const info = await redis.info("everything");
  const number = (name: RegExp) => Number(info.match(name)?.[1] ?? 0);
  const cpuS = number(/^used_cpu_user:(.+)/m) + number(/^used_cpu_sys:(.+)/m);
  const callUs = number(/^cmdstat_fcall:.*?usec=(\d+)/m);
  return { cpuUs: cpuS * 1e6, callUs, bytes: number(/^used_memory:(\d+)/m) };
}

async function openStore(redis: Redis) {
  await loadLibrary(redis);
  const partition = new RedisPartition(() => redis, partitionKeys(0, 1), 0);
  await partition.begin(epoch);
  await partition.arm(epoch, 0);
  const pool = { campaignNo: 1, prizeNo: 0, day: "", partitionNo: 0, epoch };
  const quota = 10 * coupons;
  await partition.grant(pool, [{ number: 1, first: 0, size: quota, exhausted: undefined }]);
  const plan = planOf(campaignOf(1, { prizes: [{ quota }], perUser: 1, timeZone: "UTC" }));
  const epochs = { current: () => epoch, lost: () => {} };
  const store = new RedisStore({
    epochs,
    partitions: [partition],
    outboxMaxBytes: 1e9,
    onLevel: () => {},
  });
  return {
    redis,
    lanes: store.lanes,
    async take(takes: Take[]): Promise<void> {
      const [outcomes] = await store.take(0, [{ plan, day: undefined, takes }]);
      if (!outcomes!.every((one) => one.kind === "issued" && !one.replayed)) throw new Error("not issued");
    },
    async drain(): Promise<void> {
      for (;;) {
        const entries = await partition.outbox({ epoch: 0, n: 0 }, 20);
        const last = entries.at(-1);
        if (!last) return;
        await partition.trim(last.epoch, last.n, last.totalBytes);
      }
    },
  };
}

type OpenStore = Awaited<ReturnType<typeof openStore>>;

async function oneTurn(store: OpenStore, floor: Redis, size: number, issues: number): Promise<Turn> {
  const batches = newBatches(size, issues);
  const before = await usageOf(store.redis);
  const cpu = process.cpuUsage();
  await inLanes(store.lanes, batches, store.take);
  const { user, system } = process.cpuUsage(cpu);
  const taken = await usageOf(store.redis);
  await store.drain();
  const drained = await usageOf(store.redis);

  const value = Buffer.alloc(12);
  const floorBefore = await usageOf(floor);
  await inLanes(store.lanes, batches, async (takes) => {
    const keys = takes.map(({ who }) => who.userHash);
    const who = Buffer.concat(takes.flatMap((take) => [take.who.userHash, Buffer.from(take.who.userId)]));
    const claims = keys.flatMap((key) => [key, value]);
    await floor
      .multi()
      .hmget("claims", ...keys)
      .xadd("outbox", "*", "g", who)
      .hset("claims", ...claims)
      .exec();
  });
  const floorAfter = await usageOf(floor);
  const redisUs = (taken.cpuUs - before.cpuUs) / issues;
  const floorUs = (floorAfter.cpuUs - floorBefore.cpuUs) / issues;
  await floor.xtrim("outbox", "MAXLEN", 0);
  return {
    call: (taken.callUs - before.callUs) / issues,
    redis: redisUs,
    drain: (drained.cpuUs - taken.cpuUs) / issues,
    floor: floorUs,
    ratio: redisUs / floorUs,
    client: (user + system) / issues,
  };
}

async function measure(rounds: number) {
  await using server = await startRedis();
  await using floorServer = await startRedis();
  const redis = connectRedis(server.url, () => {});
  const floor = connectRedis(floorServer.url, () => {});
  try {
    await connected(redis, 5_000);
    await connected(floor, 5_000);
    const store = await openStore(redis);
    await oneTurn(store, floor, 500, 10_000);
    const warm = { users, bytes: (await usageOf(redis)).bytes };

    const measured = new Map<number, Turn[]>();
    for (let round = 0; round < rounds; round++) {
      for (const [size, issues] of Object.entries(turns)) {
        const turn = await oneTurn(store, floor, Number(size), issues);
        measured.set(Number(size), [...(measured.get(Number(size)) ?? []), turn]);
      }
    }
    while (users < warm.users + coupons) {
      await inLanes(store.lanes, newBatches(500, 20_000), store.take);
      await store.drain();
    }
    const bytes = ((await usageOf(redis)).bytes - warm.bytes) / (users - warm.users);

    const batches = new Map([...measured].map(([size, all]) => [size, medians(all)]));
    const lines: Line[] = [...batches]
      .filter(([size]) => size >= 64)
      .map(([size, { redis }]) => ({
        what: `Redis CPU an issue, batches of ${size}`,
        measured: `${redis.toFixed(2)} µs`,
        bound: `at most ${redisLimitUs} µs`,
        passed: redis <= redisLimitUs,
        value: redis,
      }));
    lines.push({
      what: "Redis memory a coupon, drained",
      measured: `${bytes.toFixed(1)} bytes`,
      bound: `at most ${memoryLimitBytes} bytes`,
      passed: bytes <= memoryLimitBytes,
      value: bytes,
    });
    const settings = { coupons, rounds, turns, lanes: store.lanes, appendfsync: "always" };
    return { settings, lines, figures: { batches, bytes } };
  } finally {
    redis.disconnect();
    floor.disconnect();
  }
}

const medians = (all: Turn[]) =>
  Object.fromEntries(columns.map((name) => [name, median(all.map((turn) => turn[name]))])) as Turn;

export const functionCost: Benchmark = {
  title: "What an issue costs Redis",
  about:
    "CPU and memory that Redis spends on a coupon: batches of new users, limit 1, no request ids, synced before every reply, beside a floor " +
    "that sends the same data by HMGET, HSET and XADD and decides nothing.",
  async run({ rounds }) {
    const { settings, lines, figures } = await measure(rounds);
    return { settings, lines, figures: { ...figures, batches: Object.fromEntries(figures.batches) } };
  },
};

if (import.meta.main) {
  ensureServers();
  const rounds = 7;
  const { lines, figures } = await measure(rounds);
  console.log(`${cpus()[0]?.model}, Node ${process.version}, ${rounds} rounds, µs an issue`);
  console.log(`batch ${columns.map((name) => name.padStart(8)).join("")}`);
  for (const [size, turn] of figures.batches) {
    console.log(
      `${String(size).padStart(5)} ${columns.map((name) => turn[name].toFixed(2).padStart(8)).join("")}`,
    );
  }
  for (const { what, measured, bound, passed } of lines) {
    console.log(`${passed ? "PASS" : "FAIL"}  ${what}: ${measured} (${bound})`);
  }
  if (lines.some(({ passed }) => !passed)) process.exitCode = 1;
}
