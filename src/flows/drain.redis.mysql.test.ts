import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../../test/servers/fresh-database.ts";
import { freshRedis } from "../../test/servers/fresh-redis.ts";
import type { Campaign } from "../campaign/campaign.ts";
import { planOf } from "../campaign/plan.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { mysqlLedger } from "../ledger/mysql/ledger.ts";
import { migrate } from "../ledger/mysql/migrate.ts";
import { connected, connectRedis } from "../store/redis/connect.ts";
import { partitionKeys } from "../store/redis/keys.ts";
import { loadLibrary } from "../store/redis/library.ts";
import { RedisPartition } from "../store/redis/partition.ts";
import { RedisStore } from "../store/redis/redis-store.ts";
import { Drain } from "./drain.ts";

const epoch = 1;
const log = pino({ level: "silent" });
const hash16 = (text: string) => hash("sha256", text, "buffer").subarray(0, 16);

let redis: Redis;
let ledger: Ledger;
let lending: Lending;
let partition: RedisPartition;
let store: RedisStore;
let campaign: Campaign;
let running: { drain: Drain; ended: Promise<void> }[];

beforeEach(async () => {
  const [server, url] = await Promise.all([freshRedis(), freshDatabase()]);
  await migrate(url);
  ({ ledger, lending } = mysqlLedger(url));
  await lending.setUpPartitions(1);
  await lending.beginArming(0, 0, "test", 60_000);
  await lending.endArming(0, epoch, "test", true);
  redis = connectRedis(server.url, () => {});
  await connected(redis, 5_000);
  await loadLibrary(redis);
  partition = new RedisPartition(() => redis, partitionKeys(0, 1), 0);
  await partition.begin(epoch);
  await partition.arm(epoch, 0);
  const created = await ledger.createCampaign(
    {
      id: "c",
      name: "",
      startMs: 0,
      endMs: Date.now() + 1e10,
      timeZone: "UTC",
      mechanic: { kind: "first-come" },
      requireRegistration: false,
      couponExpiry: undefined,
      drawSecret: undefined,
      prizes: [{ id: "p1", name: "", oddsPpm: 0, attributes: {}, quota: 50_000, dailyQuota: undefined }],
      limits: { perUser: 0, perUserPerDay: 0, perAddress: 0 },
      format: { alphabet: "0123456789ABCDEF", length: 12, prefix: "" },
      allowGuessable: false,
      partitions: 1,
      wrappedKey: Buffer.alloc(32),
      nowMs: Date.now(),
    },
    undefined,
  );
  if (created.kind !== "created") throw new Error(created.kind);
  campaign = created.campaign;
  const pool = { campaignNo: campaign.no, prizeNo: 0, day: "", partitionNo: 0, epoch };
  const lent = await lending.lend(pool, 1, 50_000, true);
  if (lent.kind !== "block") throw new Error(lent.kind);
  await partition.grant(pool, [lent.block]);
  const epochs = { current: () => epoch, lost: () => {} };
  store = new RedisStore({ epochs, partitions: [partition], outboxMaxBytes: 1e9, onLevel: () => {} });
  running = [];
});

afterEach(async () => {
  for (const { drain } of running) drain.stop();
  await Promise.all(running.map(({ ended }) => ended));
  redis.disconnect();
  await ledger.close();
});

function run(over: Partial<Lending> = {}): Drain {
  const drain = new Drain({ lending: { ...lending, ...over }, partitions: [partition], log });
  running.push({ drain, ended: drain.run() });
  return drain;
}

/** Entries of `size` coupons; returns the users in their order. */
async function issue(entries: number, size: number): Promise<string[]> {
  const plan = planOf(campaign);
  const names: string[] = [];
  for (let n = 0; n < entries; n++) {
    const takes = Array.from({ length: size }, () => {
      const userId = `u${names.length}`;
      names.push(userId);
      const who = { userId, userHash: hash16(userId), addressHash: undefined };
      return { keys: [], choices: Uint8Array.of(0), request: undefined, who };
    });
    await store.take(0, [{ plan, day: undefined, takes }]);
  }
  return names;
}

const recorded = async () =>
  (await ledger.coupons({ campaignNo: campaign.no }, undefined, 50_000)).map(({ userId }) => userId);
const left = () => redis.xlen(partition.keys.outbox);

test("a backlog is recorded in order, in transactions of some size, and its room is free again", async () => {
  const users = await issue(700, 12);
  const sizes: number[] = [];
  run({
    async record(partitionNo, batches) {
      sizes.push(batches.length);
      return lending.record(partitionNo, batches);
    },
  });
  await expect.poll(left).toBe(0);
  expect(await recorded()).toEqual(users);
  expect(sizes.length).toBeLessThan(8);
  // Reading ahead goes on behind what is being recorded.
  expect(sizes.reduce((sum, size) => sum + size)).toBe(700);
  // Counted as the Function counts: nothing is left in the outbox.
  await expect.poll(async () => (await partition.state()).outboxBytes).toBe(0);
});

test("what comes later is recorded too, whoever else reads", async () => {
  run();
  run();
  const first = await issue(3, 5);
  await expect.poll(left).toBe(0);
  const drain = new Drain({ lending, partitions: [partition], log });
  const more = await issue(60, 2);
  await Promise.all([drain.empty(0), drain.empty(0)]);
  expect(await recorded()).toEqual([...first, ...more]);
  await expect.poll(left).toBe(0);
});

test("nothing is trimmed that is not in the ledger, and a failing ledger is asked again", async () => {
  const users = await issue(100, 3);
  let allowed = 1;
  run({
    async record(partitionNo, batches) {
      if (allowed-- <= 0) throw new Error("no");
      return lending.record(partitionNo, batches);
    },
  });
  const inLedgerAndOutbox = async () => {
    const entries = await partition.outbox({ epoch: 0, n: 0 }, 1_000);
    return (await recorded()).length + entries.reduce((sum, { runs }) => sum + runs[0]!.size, 0);
  };
  await expect.poll(() => allowed).toBeLessThan(0);
  expect(await inLedgerAndOutbox()).toBeGreaterThanOrEqual(users.length);
  allowed = 1_000;
  await expect.poll(left).toBe(0);
  expect(await recorded()).toEqual(users);
});

test("what was recorded by somebody who died before trimming is trimmed, and recorded once", async () => {
  const users = await issue(10, 3);
  await lending.record(0, await partition.outbox({ epoch: 0, n: 0 }, 6));
  run();
  await expect.poll(left).toBe(0);
  expect(await recorded()).toEqual(users);
});
