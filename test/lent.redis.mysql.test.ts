import { rm } from "node:fs/promises";
import { join } from "node:path";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Reason } from "../src/gen/allot/v1/refusal_pb.js";
import { type Clients, clientsOf } from "./client.ts";
import { audit, crowd, type Told } from "./crowd.ts";
import { startAllot } from "./servers/allot.ts";
import { type MysqlServer, startMysql } from "./servers/mysql.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

/** Redis and MySQL processes of their own, which the tests stop, empty and fill up. */
describe("a ledger that lends", () => {
  let redis: RedisServer;
  let mysql: MysqlServer;
  let server: TestServer;
  let clients: Clients;
  const others: TestServer[] = [];

  beforeEach(async () => {
    [redis, mysql] = await Promise.all([startRedis(), startMysql()]);
    server = await another();
    clients = clientsOf(server.url);
  });
  afterEach(async () => {
    await Promise.all([server, ...others.splice(0)].map((one) => one.stop()));
    await Promise.all([redis.stop(), mysql.stop()]);
  });

  const another = (env: Record<string, string> = {}) =>
    startAllot({ env: { REDIS_URL: redis.url, MYSQL_URL: mysql.url, ALLOT_PARTITIONS: "4", ...env } });

  const create = (id: string, quota: number, more: object = {}) =>
    clients.campaigns.createCampaign({
      campaign: {
        id,
        endTime: timestampFromMs(Date.now() + 3_600_000),
        prizes: [{ quota }],
        limits: { perUser: 1 },
        ...more,
      },
    });
  const users = (count: number, prefix = "user") => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  const won = (told: Told[]) => told.filter((one) => "coupon" in one);
  const statsOf = async (campaignId: string) =>
    (await clients.campaigns.getCampaign({ campaignId })).campaign!.stats!;
  const reasonOf = (error: unknown) => (error instanceof ConnectError ? error.code : undefined);

  test("a campaign over four partitions gives out exactly its quota, by way of two servers", async () => {
    await create("spread", 203, { partitions: 4 });
    others.push(await another());
    const second = clientsOf(others[0]!.url);
    const told = await Promise.all([
      crowd(clients, "spread", users(250, "a"), 16),
      crowd(second, "spread", users(250, "b"), 16),
    ]);
    await audit(clients, "spread", told.flat(), 203);
    // Both servers know it is over.
    for (const each of [clients, second]) {
      const late = await crowd(each, "spread", users(8, "late"), 8);
      expect(late.every((one) => "refused" in one && one.refused === Reason.SOLD_OUT)).toBe(true);
    }
  });

  test("while MySQL is away issuing goes on with what is lent, and nothing is lost", {
    timeout: 60_000,
  }, async () => {
    await create("away", 5_000);
    const before = await crowd(clients, "away", users(50, "before"), 8);
    mysql.pause();
    const during = await crowd(clients, "away", users(300, "during"), 16);
    expect(won(during)).toHaveLength(300);
    await mysql.kill();
    const without = await crowd(clients, "away", users(50, "without"), 8);
    expect(won(without)).toHaveLength(50);
    await mysql.restart();
    await audit(clients, "away", [...before, ...during, ...without], 5_000);
  });

  test("without MySQL and with nothing lent the answer is UNAVAILABLE, and by itself a coupon when it is back", async () => {
    await create("dry", 100);
    // Known to the server, its pool still empty.
    await redis.kill();
    await redis.restart();
    await expect.poll(async () => (await crowd(clients, "dry", ["first"], 1)).length).toBe(1);
    await redis.kill();
    await mysql.kill();
    await redis.restart();
    const failure = await clients.coupons
      .issueCoupon({ campaignId: "dry", userId: "x", requestId: "1" })
      .catch((e) => e);
    expect(reasonOf(failure)).toBe(Code.Unavailable);
    await mysql.restart();
    const told = await crowd(clients, "dry", ["x"], 1);
    expect(won(told)).toHaveLength(1);
  });

  test("while Redis is away the answer is UNAVAILABLE at once; then it goes on by itself", async () => {
    await create("gone", 100);
    const first = await crowd(clients, "gone", ["first"], 1);
    await redis.kill();
    await expect
      .poll(async () =>
        reasonOf(await clients.coupons.issueCoupon({ campaignId: "gone", userId: "y" }).catch((e) => e)),
      )
      .toBe(Code.Unavailable);
    await redis.restart();
    const again = await crowd(clients, "gone", ["first", "second"], 1);
    expect(again[0]).toEqual(first[0]);
    await audit(clients, "gone", again, 100);
  });

  test("a Redis that lost everything gives the winners their coupons again, and never more than the quota", async () => {
    await create("emptied", 120);
    const told = await crowd(clients, "emptied", users(100), 16);
    await expect.poll(async () => (await statsOf("emptied")).undrained).toBe(0);
    await redis.kill();
    await rm(join(redis.dir, "appendonlydir"), { recursive: true });
    await redis.restart();
    const again = await crowd(clients, "emptied", users(100), 16);
    const byUser = (list: Told[]) => new Map(list.map((one) => [one.user, one]));
    expect(byUser(again)).toEqual(byUser(told));
    // What was lent to the lost data and not seen again may have been given out: it stays aside.
    const late = await crowd(clients, "emptied", users(60, "late"), 8);
    expect(won(late)).toHaveLength(0);
    expect(await statsOf("emptied")).toMatchObject({ issued: 100, inDoubt: 20, remaining: 0 });
  });

  test("a quota raised and lowered while the crowd asks is in force from the next take on", async () => {
    await create("moving", 40);
    expect(won(await crowd(clients, "moving", users(60, "one"), 16))).toHaveLength(40);
    const update = (quota: number, revision: number) =>
      clients.campaigns.updateCampaign({
        campaign: { id: "moving", prizes: [{ id: "p1", quota }] },
        updateMask: { paths: ["prizes"] },
        revision,
      });
    await update(100, 1);
    expect(won(await crowd(clients, "moving", users(30, "two"), 16))).toHaveLength(30);
    // Below what has been issued: it stays there.
    const lowered = await update(50, 2);
    expect(lowered.campaign?.prizes[0]?.quota).toBe(70);
    expect(won(await crowd(clients, "moving", users(5, "three"), 4))).toHaveLength(0);
    await update(75, 3);
    expect(won(await crowd(clients, "moving", users(20, "four"), 8))).toHaveLength(5);
    expect(await statsOf("moving")).toMatchObject({ issued: 75, remaining: 0 });
  });

  test("past the outbox's bound new coupons wait for the ledger, repeats do not", async () => {
    await server.stop();
    server = await another({ ALLOT_OUTBOX_MAX_BYTES: "1048576", ALLOT_DRAIN: "off" });
    clients = clientsOf(server.url);
    await create("behind", 50_000, { limits: {} });
    const wave = async () => {
      const asked = Array.from({ length: 1_000 }, (_, i) =>
        clients.coupons.issueCoupon({
          campaignId: "behind",
          userId: "u".repeat(100),
          requestId: `${crypto.randomUUID()}${i}`,
        }),
      );
      const results = await Promise.allSettled(asked);
      return results.filter((one) => one.status === "rejected").map((one) => String(one.reason));
    };
    await expect
      .poll(async () => (await wave()).join(), { timeout: 20_000 })
      .toContain("on its way to the ledger");
    others.push(await another({ ALLOT_DRAIN: "on" }));
    await expect.poll(async () => (await statsOf("behind")).undrained, { timeout: 20_000 }).toBe(0);
    // What the ledger has is taken out of the outbox with the drain's next read.
    const issued = () => clients.coupons.issueCoupon({ campaignId: "behind", userId: "z" });
    await expect.poll(async () => (await issued().catch(() => undefined))?.outcome.case).toBe("coupon");
  });
});
