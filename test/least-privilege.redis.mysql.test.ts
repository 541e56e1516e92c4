import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Clients, clientsOf } from "./client.ts";
import { audit, crowd } from "./crowd.ts";
import { startAllot, testMasterKey } from "./servers/allot.ts";
import { type MysqlServer, startMysql } from "./servers/mysql.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const page = readFileSync(new URL("../docs/security.md", import.meta.url), "utf8");

/** The statements of the documentation, so that what is written there is what works. */
function statements(of: string): string[] {
  const block = new RegExp(`<!-- ${of} -->\\n\`\`\`\\w*\\n([^\`]+)\`\`\``).exec(page);
  return block![1]!.trim().split("\n");
}

describe("users with no more rights than they need", () => {
  let redis: RedisServer;
  let mysql: MysqlServer;
  let redisDir: string;
  let admin: Redis;
  let server: TestServer;
  let clients: Clients;

  beforeAll(async () => {
    redisDir = await mkdtemp(join(tmpdir(), "allot-acl-"));
    const aclfile = join(redisDir, "users.acl");
    await writeFile(aclfile, "");
    [redis, mysql] = await Promise.all([startRedis({ dir: redisDir, config: { aclfile } }), startMysql()]);
    admin = new Redis(redis.url);
    for (const statement of statements("redis users")) {
      const [command, ...args] = statement.split(" ");
      await admin.call(command!, ...args);
    }
    await admin.call("ACL", "SAVE");
    const connection = await createConnection(mysql.url);
    for (const statement of statements("mysql users")) await connection.query(statement);
    await connection.end();
  }, 120_000);
  afterAll(async () => {
    admin?.disconnect();
    await server?.stop();
    await Promise.all([redis?.stop(), mysql?.stop()]);
    await rm(redisDir, { recursive: true, force: true });
  });

  const urlFor = (url: string, job: "serve" | "migrate") => {
    const own = new URL(url);
    own.username = `allot_${job}`;
    own.password = `${job}-password`;
    return own.href;
  };
  const env = (redisJob: "serve" | "migrate", mysqlJob = redisJob) => ({
    REDIS_URL: urlFor(redis.url, redisJob),
    MYSQL_URL: urlFor(mysql.url, mysqlJob),
    ALLOT_MASTER_KEY: testMasterKey,
    ALLOT_PARTITIONS: "1",
  });
  const allot = (args: string[], settings: Record<string, string>) =>
    promisify(execFile)(process.execPath, [program, ...args], { env: { ...process.env, ...settings } });

  test("a server says what to do where the tables are not there", async () => {
    const said = await allot(["serve"], { ...env("serve"), PORT: "0" }).catch((error) => error.stderr);
    expect(said).toMatch(/allot: the tables are not this version's, .*run `allot migrate` as one that may/);
  });

  test("migrate with its users, serve with the others", { timeout: 120_000 }, async () => {
    await allot(["migrate"], env("migrate"));
    await admin.call("ACL", "LOG", "RESET");
    server = await startAllot({ env: env("serve") });
    clients = clientsOf(server.url);
    await issueAll("first");
    await redeem("first");
    await otherMechanics();
    expect((await allot(["doctor"], env("serve")).catch((error) => error)).stdout).toContain("Redis");
    expect((await allot(["keys", "list"], env("serve"))).stdout).toContain("ID");
    expect(await denied()).toEqual([]);
  });

  test("they do for recovery, from a Redis that restarts and from one that lost its data", {
    timeout: 120_000,
  }, async () => {
    const issuesAgain = () =>
      expect
        .poll(() => clients.coupons.issueCoupon({ campaignId: "first", userId: "user-0" }).catch(String))
        .toMatchObject({ replayed: true });
    await redis.restart();
    await issuesAgain();
    await issueAll("after-restart");
    await admin.flushall();
    await issuesAgain();
    await issueAll("after-loss");
    expect(await denied()).toEqual([]);
  });

  test("where Redis has no library a server waits for `allot migrate` and says so", {
    timeout: 60_000,
  }, async () => {
    await admin.function("FLUSH");
    const reasons = async () => (await fetch(`${server.url}/readyz`)).text();
    // It hears of it with the next request.
    await clients.coupons.issueCoupon({ campaignId: "first", userId: "nobody" }).catch(() => {});
    await expect.poll(reasons).toContain("this user may not load it: run `allot migrate` as one that may");
    await allot(["migrate"], env("migrate"));
    await expect.poll(isReady).toBe(true);
    await issueAll("after-migrate");
  });

  test("the serving user of Redis can do no harm beyond Allot's data", async () => {
    const serving = new Redis(urlFor(redis.url, "serve"));
    const refused = [
      ["FUNCTION", "LOAD", "REPLACE", "#!lua name=allot\nredis.register_function('f', function() end)"],
      ["FUNCTION", "DELETE", "allot"],
      ["FUNCTION", "FLUSH"],
      ["FLUSHALL"],
      ["FLUSHDB"],
      ["KEYS", "*"],
      ["CONFIG", "SET", "appendfsync", "no"],
      ["ACL", "SETUSER", "allot_serve", "+@all"],
      ["MONITOR"],
      ["SHUTDOWN"],
      ["REPLICAOF", "NO", "ONE"],
      ["EVAL", "return 1", "0"],
      ["GET", "others:key"],
      ["SET", "others:key", "1"],
      ["FCALL", "allot_begin", "1", "others:key", "9"],
    ];
    for (const [command, ...args] of refused) {
      await expect(serving.call(command!, ...args), command).rejects.toThrow("NOPERM");
    }
    serving.disconnect();
  });

  test("nor the serving user of MySQL, nor the migrating ones", async () => {
    const tries = async (job: "serve" | "migrate", refused: string[]) => {
      const connection = await createConnection(urlFor(mysql.url, job));
      for (const statement of refused)
        await expect(connection.query(statement), statement).rejects.toThrow(/denied/);
      await connection.end();
    };
    await tries("serve", [
      "DROP TABLE entry",
      "TRUNCATE entry",
      "ALTER TABLE entry ADD COLUMN x INT",
      "CREATE TABLE other (x INT)",
      "DROP DATABASE allot",
      "SELECT * FROM mysql.user",
      "CREATE USER 'x'@'%'",
      "SET GLOBAL innodb_flush_log_at_trx_commit = 2",
    ]);
    await tries("migrate", ["DROP TABLE entry", "DELETE FROM entry", "SELECT * FROM mysql.user"]);
    const migrating = new Redis(urlFor(redis.url, "migrate"));
    for (const [command, ...args] of [["FLUSHALL"], ["GET", "allot:x"], ["FCALL", "allot_fence", "0"]])
      await expect(migrating.call(command!, ...args), command).rejects.toThrow("NOPERM");
    migrating.disconnect();
  });

  const isReady = async () => (await fetch(`${server.url}/readyz`)).ok;

  /** What Redis refused to a user of ours. */
  async function denied(): Promise<unknown> {
    return (await admin.call("ACL", "LOG")) as unknown[];
  }

  async function issueAll(campaignId: string) {
    const endTime = timestampFromMs(Date.now() + 3_600_000);
    const campaign = { id: campaignId, endTime, prizes: [{ quota: 20 }], limits: { perUser: 1 } };
    await clients.campaigns.createCampaign({ campaign, requestId: campaignId });
    const users = Array.from({ length: 25 }, (_, i) => `user-${i}`);
    const told = await crowd(clients, campaignId, users, 8);
    await audit(clients, campaignId, told, 20);
  }

  async function redeem(campaignId: string) {
    const [coupon] = await clients.all(campaignId);
    await clients.coupons.redeemCoupon({ code: coupon!.code, orderId: "order" });
    await clients.coupons.revokeCoupon({
      code: (await clients.all(campaignId))[1]!.code,
      reason: "mistake",
      returnQuota: true,
    });
    await clients.participants.registerParticipant({ userId: "ann", phoneNumber: "+82 10-2345-6789" });
    await clients.participants.banParticipant({ userId: "ben", reason: "forty accounts" });
    await clients.participants.eraseParticipant({ userId: "ann" });
  }

  async function otherMechanics() {
    const endTime = timestampFromMs(Date.now() + 3_600_000);
    await clients.campaigns.createCampaign({
      campaign: {
        id: "wheel",
        endTime,
        prizes: [{ quota: 5, oddsPpm: 500_000 }],
        mechanic: { case: "instantWin", value: {} },
      },
    });
    await clients.draws.draw({ campaignId: "wheel", userId: "ann-2" });
    await clients.campaigns.createCampaign({
      campaign: {
        id: "raffle",
        endTime,
        prizes: [{ quota: 1 }],
        mechanic: { case: "raffle", value: { tickets: 10 } },
      },
    });
    const { outcome } = await clients.raffles.claimTicket({ campaignId: "raffle", userId: "ann-2" });
    expect(outcome.case).toBe("ticket");
    await clients.campaigns.endCampaign({ campaignId: "raffle" });
    await clients.raffles.drawWinners({ campaignId: "raffle" });
  }
});
