import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Redis } from "ioredis";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Reason } from "../src/gen/allot/v1/refusal_pb.js";
import { failureOf } from "../src/rpc/campaign-service.fixture.ts";
import { partitionKeys } from "../src/store/redis/keys.ts";
import { type Clients, clientsOf } from "./client.ts";
import { startAllot } from "./servers/allot.ts";
import { freshDatabase } from "./servers/fresh-database.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

let redis: RedisServer;
let mysqlUrl: string;
let servers: TestServer[];
let one: Clients;
let other: Clients;
beforeEach(async () => {
  [redis, mysqlUrl] = await Promise.all([startRedis(), freshDatabase()]);
  const env = { REDIS_URL: redis.url, MYSQL_URL: mysqlUrl, ALLOT_PARTITIONS: "4" };
  servers = await Promise.all([startAllot({ env }), startAllot({ env })]);
  [one, other] = servers.map(({ url }) => clientsOf(url)) as [Clients, Clients];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await redis.stop();
});

const phoneNumber = "+821023456789";

/** One for each user, spread over all partitions. */
async function campaign(id: string, more: object = {}): Promise<string> {
  const endTime = timestampFromMs(Date.now() + 3_600_000);
  const limits = { perUser: 1 };
  await one.campaigns.createCampaign({
    campaign: { id, endTime, partitions: 4, prizes: [{ quota: 100 }], limits, ...more },
  });
  return id;
}

/** "coupon", or why there is none. */
async function take({ coupons }: Clients, campaignId: string, userId: string): Promise<string> {
  const { outcome } = await coupons.issueCoupon({ campaignId, userId });
  return outcome.case === "refusal" ? Reason[outcome.value.reason]! : outcome.case!;
}

const users = Array.from({ length: 12 }, (_, i) => `user-${i}`);

test("a ban holds at every server and partition once it is answered, and outlives Redis's data", async () => {
  const [first, second] = [await campaign("first"), await campaign("second")];
  for (const userId of users) expect(await take(one, first, userId)).toBe("coupon");
  const half = users.filter((_, i) => i % 2 === 0);
  for (const userId of half) {
    await one.participants.banParticipant({ userId });
    expect(await take(other, second, userId)).toBe("BANNED");
  }
  const [lifted, ...banned] = half;
  await other.participants.unbanParticipant({ userId: lifted! });
  expect(await take(one, second, lifted!)).toBe("coupon");

  const connection = new Redis(redis.url);
  await connection.flushall();
  connection.disconnect();
  const answers = () => Promise.all(banned.map((userId) => take(one, second, userId).catch(() => "away")));
  await expect.poll(answers, { timeout: 20_000 }).toEqual(banned.map(() => "BANNED"));
  const unbanned = () => take(other, second, users[1]!).catch(() => "away");
  await expect.poll(unbanned, { timeout: 20_000 }).toBe("coupon");
});

test("a ban while Redis is away is refused, and made by itself when it is back", {
  timeout: 60_000,
}, async () => {
  const campaignId = await campaign("away");
  await redis.kill();
  const call = one.participants.banParticipant({ userId: "late", requestId: "ban" });
  expect(await failureOf(call)).toMatchObject({ code: "Unavailable", reason: "STORE_UNAVAILABLE" });
  await redis.restart();
  const connection = new Redis(redis.url);
  const known = () =>
    Promise.all(Array.from({ length: 4 }, (_, no) => connection.hlen(partitionKeys(no, 4).bans)));
  await expect.poll(known, { timeout: 20_000 }).toEqual([1, 1, 1, 1]);
  connection.disconnect();
  expect(await take(other, campaignId, "late")).toBe("BANNED");
  const { participant } = await other.participants.banParticipant({ userId: "late", requestId: "ban" });
  expect(participant).toMatchObject({ userId: "late", banned: true });
});

test("one number registered at two servers at once is one user's", async () => {
  const calls = users.map((userId, i) =>
    (i % 2 ? one : other).participants.registerParticipant({ userId, phoneNumber }),
  );
  const results = await Promise.allSettled(calls);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const [i, call] of calls.entries()) {
    if (results[i]!.status === "rejected") {
      expect(await failureOf(call)).toMatchObject({ reason: "PHONE_TAKEN" });
    }
  }
});

test("an erased user is in no table and in no key, and limits hold even when Redis has lost everything", async () => {
  const campaignId = await campaign("erasing");
  const userId = "somebody-who-is-to-be-forgotten";
  await one.participants.registerParticipant({ userId, phoneNumber, requestId: "r" });
  expect(await take(one, campaignId, userId)).toBe("coupon");
  // It need not have reached the ledger yet.
  await other.participants.eraseParticipant({ userId });

  const database = await createConnection({ uri: mysqlUrl });
  const [tables] = await database.query<RowDataPacket[]>("SHOW TABLES");
  for (const table of tables.map((row) => String(Object.values(row)[0]))) {
    const [rows] = await database.query<RowDataPacket[]>(`SELECT * FROM ${table}`);
    const text = JSON.stringify(rows, (_, value) =>
      value?.type === "Buffer" ? Buffer.from(value.data).toString("latin1") : value,
    );
    expect(`${table} ${text.includes(userId) || text.includes("1023456789")}`).toBe(`${table} false`);
  }
  await database.end();
  const connection = new Redis(redis.url);
  const contents = await Promise.all(
    (await connection.keys("*")).map((key) => connection.dumpBuffer(key).then((bytes) => bytes ?? "")),
  );
  expect(Buffer.concat(contents.map((bytes) => Buffer.from(bytes))).includes(userId)).toBe(false);

  await connection.flushall();
  connection.disconnect();
  await expect
    .poll(() => take(one, campaignId, userId).catch(() => "away"), { timeout: 20_000 })
    .toBe("coupon");
  expect((await one.campaigns.getCampaign({ campaignId })).campaign!.stats!.issued).toBe(1);
  const { coupons } = await other.coupons.listCoupons({ campaignId });
  expect(coupons.map((coupon) => coupon.userId)).toEqual([""]);
});
