import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { partitionKeys } from "../src/store/redis/keys.ts";
import { type Clients, clientsOf } from "./client.ts";
import { audit, crowd } from "./crowd.ts";
import { startAllot } from "./servers/allot.ts";
import { freshDatabase } from "./servers/fresh-database.ts";
import type { RedisServer } from "./servers/redis.ts";
import { RedisClusterServers } from "./servers/redis-cluster.ts";
import type { TestServer } from "./servers/test-server.ts";

const partitions = 6;
/** One of a partition each, as many as there are partitions: neighbours start in different ones. */
const narrow = Array.from({ length: partitions }, (_, i) => `narrow-${i}`);
const wide = "wide";

const users = (count: number, prefix = "user") => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

/** Three masters, each a process, with partitions on all of them. */
describe("on a Redis Cluster", () => {
  let cluster: RedisClusterServers;
  let database: string;
  let server: TestServer;
  let clients: Clients;

  beforeEach(async () => {
    [cluster, database] = await Promise.all([RedisClusterServers.start(), freshDatabase()]);
    server = await another();
    clients = clientsOf(server.url);
  });
  afterEach(async () => {
    await server.stop();
    await cluster.stop();
  });

  const another = () =>
    startAllot({
      env: { REDIS_URL: cluster.url, MYSQL_URL: database, ALLOT_PARTITIONS: String(partitions) },
    });

  const create = (id: string, quota: number, spread: number) =>
    clients.campaigns.createCampaign({
      campaign: {
        id,
        endTime: timestampFromMs(Date.now() + 3_600_000),
        prizes: [{ quota }],
        limits: { perUser: 1 },
        partitions: spread,
      },
    });

  async function select<Row>(query: string, ...values: string[]): Promise<Row[]> {
    const connection = await createConnection(database);
    try {
      return (await connection.query(query, values))[0] as Row[];
    } finally {
      await connection.end();
    }
  }

  /** By the ledger's own rows, once all is there: exactly the quota, no serial and nobody twice. */
  async function auditRows(campaignId: string, quota: number): Promise<void> {
    const [found] = await select(
      `SELECT COUNT(*) AS coupons, COUNT(DISTINCT space_no, serial) AS serials, COUNT(DISTINCT user_hash) AS users
       FROM entry WHERE campaign_no = (SELECT no FROM campaign WHERE id = ?)`,
      campaignId,
    );
    expect(found).toEqual({ coupons: quota, serials: quota, users: quota });
  }

  /** The master of a campaign that has one partition. */
  async function masterOf(campaignId: string): Promise<RedisServer> {
    const [row] = await select<{ no: number }>("SELECT no FROM campaign WHERE id = ?", campaignId);
    return cluster.holding(partitionKeys(row!.no % partitions, partitions).slot);
  }

  async function functionCalls({ url }: RedisServer): Promise<number> {
    const redis = new Redis(url);
    const stats = await redis.info("commandstats");
    redis.disconnect();
    return Number(/^cmdstat_fcall:calls=(\d+)/m.exec(stats)?.[1] ?? 0);
  }

  test("campaigns on partitions of every master give out exactly their quota", {
    timeout: 60_000,
  }, async () => {
    await Promise.all([create(wide, 240, partitions), ...narrow.map((id) => create(id, 40, 1))]);
    const before = await Promise.all(cluster.masters.map(functionCalls));
    const asked = await Promise.all(
      [wide, ...narrow].map(async (id) => {
        const quota = id === wide ? 240 : 40;
        return { id, quota, told: await crowd(clients, id, users(quota + 20), 8) };
      }),
    );
    for (const { id, quota, told } of asked) {
      await audit(clients, id, told, quota);
      await auditRows(id, quota);
      const [one] = told.flatMap((answer) => ("coupon" in answer ? [answer.coupon] : []));
      expect((await clients.coupons.getCoupon({ code: one!.code })).coupon).toEqual(one);
    }
    const after = await Promise.all(cluster.masters.map(functionCalls));
    for (const [no, calls] of after.entries()) expect(calls).toBeGreaterThan(before[no]!);
    const spread = await select("SELECT DISTINCT partition_no FROM entry");
    expect(spread).toHaveLength(partitions);
  });

  test("while one master is away the others' campaigns go on; back, it is armed again and nothing is lost or over", {
    timeout: 120_000,
  }, async () => {
    const quota = 400;
    await Promise.all([create(wide, quota, partitions), ...narrow.map((id) => create(id, quota, 1))]);
    const masters = new Map(await Promise.all(narrow.map(async (id) => [id, await masterOf(id)] as const)));
    const away = cluster.masters[1]!;
    const theirs = narrow.find((id) => masters.get(id) === away)!;
    const [calm, calmToo] = narrow.filter((id) => masters.get(id) !== away) as [string, string];
    const issued = async (campaignId: string) =>
      (await clients.campaigns.getCampaign({ campaignId })).campaign!.stats!.issued;

    const asking = [wide, theirs, calmToo].map(async (id) => ({
      id,
      told: await crowd(clients, id, users(quota + 50), 8),
    }));
    for (const id of [wide, theirs]) {
      await expect.poll(() => issued(id), { interval: 5, timeout: 20_000 }).toBeGreaterThan(40);
    }
    await away.kill();
    const failure = () =>
      clients.coupons.issueCoupon({ campaignId: theirs, userId: "nobody" }).then(
        () => undefined,
        (error) => ConnectError.from(error).code,
      );
    await expect.poll(failure).toBe(Code.Unavailable);
    const during = await crowd(clients, calm, users(quota + 50), 8);
    // One that starts now is ready without the master that is away.
    await using late = await another();
    const byAnother = await crowd(clientsOf(late.url), calm, users(50), 8);
    for (const one of byAnother) expect(during).toContainEqual(one);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(away.running).toBe(false);
    await away.restart();

    for (const { id, told } of [...(await Promise.all(asking)), { id: calm, told: during }]) {
      await audit(clients, id, told, quota);
      await auditRows(id, quota);
    }
    expect(server.log).toContain("partition armed");
  });
});
