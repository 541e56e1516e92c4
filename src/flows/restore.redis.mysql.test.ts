import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../../test/servers/fresh-database.ts";
import { freshRedis } from "../../test/servers/fresh-redis.ts";
import type { Campaign, Limits } from "../campaign/campaign.ts";
import { dayAfter, dayAt } from "../campaign/day.ts";
import { outboxBatch } from "../ledger/contract/outbox-batch.ts";
import type { Entry, Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { mysqlLedger } from "../ledger/mysql/ledger.ts";
import { migrate } from "../ledger/mysql/migrate.ts";
import { connected, connectRedis } from "../store/redis/connect.ts";
import { partitionKeys } from "../store/redis/keys.ts";
import { loadLibrary } from "../store/redis/library.ts";
import { RedisPartition } from "../store/redis/partition.ts";
import { restorePartition } from "./restore.ts";

const timeZone = "Asia/Tokyo";
const today = dayAt(timeZone, Date.now());
const tomorrow = dayAfter(timeZone, today);
const hash16 = (text: string) => hash("sha256", text, "buffer").subarray(0, 16);

let redis: Redis;
let ledger: Ledger;
let lending: Lending;
let partition: RedisPartition;
let n: number;

beforeEach(async () => {
  const [server, url] = await Promise.all([freshRedis(), freshDatabase()]);
  await migrate(url);
  ({ ledger, lending } = mysqlLedger(url));
  await lending.setUpPartitions(1);
  redis = connectRedis(server.url, () => {});
  await connected(redis, 5_000);
  await loadLibrary(redis);
  partition = new RedisPartition(() => redis, partitionKeys(0, 1), 0);
  await partition.begin(1);
  n = 0;
});

afterEach(async () => {
  redis.disconnect();
  await ledger.close();
});

async function create(id: string, limits: Partial<Limits>): Promise<Campaign> {
  const created = await ledger.createCampaign(
    {
      id,
      name: "",
      startMs: 0,
      endMs: Date.now() + 1e10,
      timeZone,
      mechanic: { kind: "first-come" },
      requireRegistration: false,
      couponExpiry: undefined,
      drawSecret: undefined,
      prizes: [{ id: "p1", name: "", oddsPpm: 0, attributes: {}, quota: 5_000, dailyQuota: undefined }],
      limits: { perUser: 0, perUserPerDay: 0, perAddress: 0, ...limits },
      format: { alphabet: "0123456789ABCDEF", length: 12, prefix: "" },
      allowGuessable: false,
      partitions: 1,
      wrappedKey: Buffer.alloc(32),
      nowMs: Date.now(),
    },
    undefined,
  );
  if (created.kind !== "created") throw new Error(created.kind);
  return created.campaign;
}

/** Outbox entries of `size` coupons of new users, every other one a day later. */
async function issue(campaign: Campaign, batches: number, size: number): Promise<void> {
  const first = campaign.prizes[0]!.ranges[0]!.first;
  for (let b = 0; b < batches; b++) {
    const timeMs = (b % 2 === 0 ? today : tomorrow).startMs;
    const place = { partitionNo: 0, epoch: 1, n: ++n, campaignNo: campaign.no, prizeNo: 0, revision: 1 };
    const entries = Array.from({ length: size }, (_, i): Entry => {
      const userId = `${campaign.id}-${n}-${i}`;
      const serial = first + b * size + i;
      const hashes = { requestHash: undefined, requestFields: undefined, addressHash: undefined };
      const spaceNo = campaign.space.no;
      const entry = { ...place, ...hashes, i, spaceNo, serial, number: 0, drawnNo: undefined };
      return { ...entry, timeMs, userId, userHash: hash16(userId) };
    });
    await lending.record(0, [outboxBatch({ epoch: 1, n, timeMs, entries, handBacks: [] })]);
  }
}

test("coupons of all campaigns that still run are counted again, by day where a limit is daily", async () => {
  const daily = await create("daily", { perUser: 1, perUserPerDay: 1 });
  const gone = await create("gone", { perUser: 1 });
  const small = await Promise.all(Array.from({ length: 150 }, (_, k) => create(`c${k}`, { perUser: 1 })));
  await issue(daily, 23, 100);
  await issue(gone, 1, 10);
  for (const campaign of small) await issue(campaign, 1, 2);
  await restorePartition({
    ledger,
    lending,
    partition,
    epoch: 1,
    campaigns: [daily, ...small],
    intact: false,
    proven: false,
  });
  const counted = (campaign: Campaign, rule: "user" | "user-day", date = "") =>
    redis.hlen(partition.keys.rule(campaign.no, rule, date));
  expect(await counted(daily, "user")).toBe(2_300);
  expect(await counted(daily, "user-day", today.date)).toBe(1_200);
  expect(await counted(daily, "user-day", tomorrow.date)).toBe(1_100);
  for (const campaign of small) expect(await counted(campaign, "user")).toBe(2);
  expect(await counted(gone, "user")).toBe(0);
});
