import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Redis } from "ioredis";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CodePoolService } from "../src/gen/allot/v1/code_pool_pb.js";
import { type Clients, clientsOf } from "./client.ts";
import { startAllot, testMasterKey } from "./servers/allot.ts";
import { type MysqlServer, startMysql } from "./servers/mysql.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
/** What is about a person, and nowhere else by chance. */
const users = Array.from({ length: 12 }, (_, i) => `quokka-${i}@wombat.example`);
const phones = ["+82 10-9753-1864", "010-9753-1865"];
const address = "203.0.113.77";
const requestId = "numbat-request";
const orderId = "bilby-order";
/** As it would be found: in the clear, whatever its spelling, or merely encoded. */
const traces = (() => {
  const texts = [
    "quokka",
    "wombat.example",
    "97531864",
    "9753-1864",
    "97531865",
    "9753-1865",
    address,
    "numbat",
    "bilby",
  ];
  const encoded = users.flatMap((user) => [
    Buffer.from(user).toString("hex"),
    Buffer.from(user).toString("base64url"),
  ]);
  return [...texts, ...encoded].map((text) => Buffer.from(text));
})();
const tracesIn = (bytes: Buffer | string) =>
  traces.filter((trace) => Buffer.from(bytes as Buffer).includes(trace)).map(String);

/** A drain apart from the server, so that what is in the outbox is there for as long as it is looked at. */
describe("personal data", () => {
  let redis: RedisServer;
  let mysql: MysqlServer;
  let redisDir: string;
  let server: TestServer;
  let clients: Clients;
  let env: Record<string, string>;

  beforeAll(async () => {
    redisDir = await mkdtemp(join(tmpdir(), "allot-dump-"));
    const config = { "slowlog-log-slower-than": "0", "slowlog-max-len": "100000" };
    [redis, mysql] = await Promise.all([startRedis({ dir: redisDir, config }), startMysql()]);
    env = { REDIS_URL: redis.url, MYSQL_URL: mysql.url, ALLOT_PARTITIONS: "1" };
    const more = { ALLOT_DRAIN: "off", ALLOT_TRUSTED_PROXIES: "127.0.0.0/8", ALLOT_LOG_LEVEL: "info" };
    server = await startAllot({ env: { ...env, ...more } });
    clients = clientsOf(server.url);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await Promise.all([redis?.stop(), mysql?.stop()]);
    await rm(redisDir, { recursive: true, force: true });
  });

  test("is in no log, metric, key of Redis, dump, append-only file or audit row, while it is in the outbox", {
    timeout: 120_000,
  }, async () => {
    await takeEverything();
    const client = new Redis(redis.url);
    expect(await client.xlen((await client.keys("*outbox"))[0]!)).toBeGreaterThan(10);
    await look(client);
    await ask();
    await look(client);
    client.disconnect();
    expect(tracesIn(await rowsOf("audit", ["request_id", "address"]))).toEqual([]);
  });

  test("is in no log of an outage", { timeout: 60_000 }, async () => {
    mysql.pause();
    await ask();
    mysql.resume();
    redis.pause();
    await ask();
    redis.resume();
    expect(server.log).toContain("trying again");
    expect(tracesIn(server.log)).toEqual([]);
  });

  test("reaches the ledger by way of `allot drain`, which is as discreet", { timeout: 60_000 }, async () => {
    const late = users.map((user) => `late-${user}`);
    for (const userId of late) await clients.coupons.issueCoupon({ campaignId: "coupons", userId });
    const undrained = async () =>
      (await clients.campaigns.getCampaign({ campaignId: "coupons" })).campaign!.stats!.undrained;
    expect(await undrained()).toBe(late.length);
    const drain = spawn(process.execPath, [program, "drain"], {
      env: { ...process.env, ...env, ALLOT_MASTER_KEY: testMasterKey },
    });
    let log = "";
    for (const stream of [drain.stdout, drain.stderr]) stream.on("data", (chunk) => (log += chunk));
    try {
      await expect.poll(undrained, { timeout: 20_000 }).toBe(0);
    } finally {
      drain.kill("SIGTERM");
      await once(drain, "exit");
    }
    const found = (await clients.all("coupons")).map((row) => row.userId);
    expect(found.filter((userId) => userId.startsWith("late-")).sort()).toEqual(late.sort());
    expect(log).toContain("draining");
    expect(tracesIn(log)).toEqual([]);
    // That there is something to find at all.
    expect(tracesIn(await rowsOf("entry"))).toContain("quokka");
  });

  /** At everything that Redis has and had to do, at logs and metrics. */
  async function look(client: Redis) {
    await client.save();
    const commands = (await client.callBuffer("SLOWLOG", "GET", "-1")) as unknown[];
    const keys = await client.keys("*");
    const values = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
    expect(tracesIn(flatten([keys, values]))).toEqual([]);
    expect(tracesIn(flatten(commands))).toEqual([]);
    const files = globSync("**/*.{aof,rdb,log}", { cwd: redisDir }).map((file) => join(redisDir, file));
    expect(files.filter((file) => /\.rdb$|\.incr\.aof$/.test(file)).length).toBeGreaterThan(1);
    for (const file of files) expect(tracesIn(readFileSync(file)), file).toEqual([]);
    expect(tracesIn(await (await fetch(`${server.url}/metrics`)).text())).toEqual([]);
    expect(tracesIn(server.log)).toEqual([]);
  }

  async function takeEverything() {
    const endTime = timestampFromMs(Date.now() + 3_600_000);
    const create = (id: string, more: object) =>
      clients.campaigns.createCampaign({ campaign: { id, endTime, prizes: [{ quota: 50 }], ...more } });
    await create("coupons", { limits: { perUser: 1, perAddress: 100 } });
    await create("wheel", {
      mechanic: { case: "instantWin", value: {} },
      prizes: [{ quota: 50, oddsPpm: 500_000 }],
    });
    await create("raffle", { mechanic: { case: "raffle", value: { tickets: 50 } }, prizes: [{ quota: 2 }] });
    await create("lottery", {
      mechanic: { case: "lottery", value: {} },
      prizes: [{ quota: 2 }],
      timeZone: "UTC",
    });
    await create("pool", { mechanic: { case: "codePool", value: {} }, prizes: [{ quota: 50 }] });
    const pools = createClient(
      CodePoolService,
      createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }),
    );
    await pools.generateCodes({ campaignId: "pool", count: 20, requestId });
    const requests = users.map((userId) => ({ campaignId: "coupons", userId, requestId, address }));
    await clients.coupons.issueCoupons({ requests: requests.slice(0, 6) });
    for (const request of requests.slice(6)) await clients.coupons.issueCoupon(request);
    for (const userId of users) {
      await clients.draws.draw({ campaignId: "wheel", userId, requestId });
      await clients.raffles.claimTicket({ campaignId: "raffle", userId, requestId });
      await clients.lotteries.submitBallot({ campaignId: "lottery", userId, requestId });
      await pools.assignCode({ campaignId: "pool", userId, requestId, address });
    }
    for (const [i, phoneNumber] of phones.entries())
      await clients.participants.registerParticipant({
        userId: users[i]!,
        phoneNumber,
        region: "KR",
        requestId: `${requestId}-${i}`,
      });
    await clients.participants.banParticipant({
      userId: users[2]!,
      reason: "quokka and wombat.example",
      requestId,
    });
  }

  /** Calls about persons, right ones and wrong ones; what comes of them does not matter. */
  async function ask() {
    const [ann, ben] = [users[0]!, users[1]!];
    const { coupons, participants, draws, raffles } = clients;
    const headers = { "x-forwarded-for": address, "x-request-id": requestId };
    const code = "0123456789";
    await Promise.allSettled([
      coupons.issueCoupon({ campaignId: "coupons", userId: ann, requestId, address }, { headers }),
      coupons.issueCoupon({ campaignId: "coupons", userId: ann, requestId, prizeId: ann }, { headers }),
      coupons.issueCoupon({ campaignId: ann, userId: ann, requestId }, { headers }),
      coupons.issueCoupon(
        { campaignId: "coupons", userId: ann.repeat(20), requestId, address: ann },
        { headers },
      ),
      coupons.listCoupons({ campaignId: "coupons", userId: ann, pageToken: ann }),
      coupons.listCoupons({ campaignId: "coupons", userId: ann }),
      coupons.redeemCoupon({ code, orderId, userId: ann }, { headers }),
      coupons.reserveCoupon({ code: ann, orderId, userId: ann }),
      coupons.revokeCoupon({ code, reason: ann, requestId }),
      participants.registerParticipant({
        userId: ben,
        phoneNumber: phones[0]!,
        requestId: `${requestId}-again`,
      }),
      participants.registerParticipant({ userId: ann, phoneNumber: `${phones[0]} x1`, region: ann }),
      participants.getParticipant({ userId: ann }),
      participants.getParticipant({ phoneNumber: phones[0]! }),
      participants.eraseParticipant({ userId: ben, requestId: `${requestId}-erase` }),
      participants.banParticipant({ userId: ann.repeat(20), reason: ann, requestId: `${requestId}-ban` }),
      draws.draw({ campaignId: "wheel", userId: ann, requestId: `${requestId}-2` }, { headers }),
      raffles.verifyTicket({ campaignId: "raffle", number: 1, code: ann }, { headers }),
      fetch(`${server.url}/allot.v1.CouponService/IssueCoupon?user=${ann}`, { headers }),
      fetch(`${server.url}/${ann}`, { headers }),
    ]);
  }

  /** All of a table as text, but for some columns. */
  async function rowsOf(table: string, without: string[] = []): Promise<string> {
    const connection = await createConnection(mysql.url);
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT * FROM ${table}`);
    await connection.end();
    expect(rows.length).toBeGreaterThan(0);
    const text = (value: unknown) => (Buffer.isBuffer(value) ? value.toString("latin1") : String(value));
    return rows
      .flatMap((row) =>
        Object.entries(row).map(([name, value]) => (without.includes(name) ? "" : text(value))),
      )
      .join("\n");
  }
});

function flatten(value: unknown): Buffer {
  if (Array.isArray(value)) return Buffer.concat(value.map(flatten));
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value));
}
