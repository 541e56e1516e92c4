import { Code, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AssignCodeResponse, PoolCode_State as State } from "../src/gen/allot/v1/code_pool_pb.js";
import { Reason } from "../src/gen/allot/v1/refusal_pb.js";
import { describesPools } from "./code-pools/contract.ts";
import { describesImports } from "./code-pools/import-contract.ts";
import { brief, failure, type PoolClients, poolClientsOf } from "./code-pools/pool-clients.ts";
import { startAllot } from "./servers/allot.ts";
import { type MysqlServer, startMysql } from "./servers/mysql.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

describe("code pools with a ledger that lends", () => {
  let redis: RedisServer;
  let mysql: MysqlServer;
  let servers: TestServer[];
  let clients: PoolClients;
  let others: PoolClients;
  beforeAll(async () => {
    [redis, mysql] = await Promise.all([startRedis(), startMysql()]);
    const start = () =>
      startAllot({ env: { REDIS_URL: redis.url, MYSQL_URL: mysql.url, ALLOT_PARTITIONS: "4" } });
    servers = [await start(), await start()];
    [clients, others] = servers.map(({ url }) => poolClientsOf(url)) as [PoolClients, PoolClients];
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all([redis.stop(), mysql.stop()]);
  });

  describesPools(() => clients);
  describesImports(() => clients);

  const assignAll = (campaignId: string, users: string[]) =>
    Promise.all(users.map((userId, i) => persist(i % 2 ? clients : others, campaignId, userId)));
  const usersOf = (count: number, prefix = "user") =>
    Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  const given = (answers: Awaited<ReturnType<typeof assignAll>>) =>
    answers.filter(({ outcome }) => outcome.case === "coupon").map(brief);

  test("codes that are lent to partitions are deleted, while others of them are assigned", async () => {
    const campaignId = await clients.create("lent", { partitions: 4 });
    await clients.generate(campaignId, 60);
    // Known to both servers, and lent to the partitions.
    const before = given(await assignAll(campaignId, usersOf(8, "before")));
    expect(before).toHaveLength(8);
    const unknown = (await clients.codes(campaignId)).map(({ code }) => code);
    const wanted = unknown.filter((_, i) => i % 3 === 0);
    const [deletions, during] = await Promise.all([
      Promise.all(
        wanted.map((code, i) => (i % 2 ? clients : others).pools.deleteCode({ code, requestId: code })),
      ),
      assignAll(campaignId, usersOf(20, "during")),
    ]);
    const deleted = wanted.filter((_, i) => deletions[i]!.outcome.case === "code");
    const refused = wanted.filter((_, i) => deletions[i]!.outcome.case === "refusal");
    expect(
      deletions.every(
        ({ outcome }) => outcome.case !== "refusal" || outcome.value.reason === Reason.ASSIGNED,
      ),
    ).toBe(true);
    const after = given(await assignAll(campaignId, usersOf(60, "after")));
    const assigned = [...before, ...given(during), ...after];
    expect(new Set(assigned).size).toBe(assigned.length);
    expect(assigned.length + deleted.length).toBe(60);
    expect(assigned.filter((code) => deleted.includes(code))).toEqual([]);
    for (const code of refused) expect(assigned).toContain(code);
    expect(await clients.stats(campaignId)).toMatchObject({
      issued: assigned.length,
      remaining: 0,
      inDoubt: 0,
    });
    await expect
      .poll(async () => (await others.codes(campaignId, [State.ASSIGNED])).length)
      .toBe(assigned.length);
    const listed = (await others.codes(campaignId, [State.DELETED])).map(({ code }) => code);
    expect(listed.toSorted()).toEqual(deleted.toSorted());
    expect(await others.codes(campaignId, [State.FREE])).toEqual([]);
  });

  test("a pool that gets its codes the moment it is created has them all", async () => {
    for (let round = 0; round < 15; round++) {
      const campaignId = await clients.create(`at-once-${round}`, { partitions: 4 });
      await clients.generate(campaignId, 12);
      expect(given(await assignAll(campaignId, usersOf(12)))).toHaveLength(12);
    }
  });

  test("a crowd and more codes at the same time: each is assigned, once", async () => {
    const campaignId = await clients.create("growing", { partitions: 4 });
    const growing = (async () => {
      for (let i = 0; i < 10; i++) await (i % 2 ? clients : others).generate(campaignId, 20);
    })();
    const codes = new Map<string, string>();
    let waiting = usersOf(220);
    await expect
      .poll(
        async () => {
          const answers = await assignAll(campaignId, waiting);
          answers.forEach((answer, i) => {
            if (answer.outcome.case === "coupon") codes.set(waiting[i]!, answer.outcome.value.code);
          });
          waiting = waiting.filter((user) => !codes.has(user));
          return codes.size;
        },
        { timeout: 20_000 },
      )
      .toBe(200);
    await growing;
    expect(new Set(codes.values()).size).toBe(200);
    expect(await clients.stats(campaignId)).toMatchObject({ issued: 200, remaining: 0 });
  });

  test("while MySQL is away imported codes that are at hand are assigned", async () => {
    const campaignId = await clients.createImported("away");
    const file = Array.from({ length: 30 }, (_, i) => `away-${i}`);
    await clients.upload(campaignId, file);
    const first = brief(await clients.pools.assignCode({ campaignId, userId: "first" }));
    expect(brief(await others.pools.assignCode({ campaignId, userId: "first" }))).toBe(first);
    const known = (await clients.campaigns.getCampaign({ campaignId })).campaign!;
    expect(known.stats!.remaining).toBe(29);
    mysql.pause();
    try {
      const during = brief(await clients.pools.assignCode({ campaignId, userId: "second" }));
      expect(file).toContain(during);
    } finally {
      mysql.resume();
    }
  });

  test("a deletion that the store could not answer is done when it is asked again", async () => {
    const campaignId = await clients.create("outage");
    await clients.generate(campaignId, 5);
    const mine = brief(await clients.pools.assignCode({ campaignId, userId: "u" }));
    const code = (await clients.codes(campaignId)).find((one) => one.code !== mine)!.code;
    await redis.kill();
    const failed = await failure(clients.pools.deleteCode({ code, requestId: "outage" }));
    expect(failed.reason).toBe("STORE_UNAVAILABLE");
    await redis.restart();
    await expect
      .poll(
        async () =>
          (await clients.pools.deleteCode({ code, requestId: "outage" }).catch(() => undefined))?.outcome
            .case,
      )
      .toBe("code");
    expect(await clients.stats(campaignId)).toMatchObject({ issued: 1, remaining: 3 });
    expect(given(await assignAll(campaignId, usersOf(6, "late")))).toHaveLength(3);
  });
});

/** Again while there is no answer, as the contract says: serials may be on their way from one partition to another. */
async function persist(
  { pools }: PoolClients,
  campaignId: string,
  userId: string,
): Promise<AssignCodeResponse> {
  const giveUpMs = performance.now() + 20_000;
  for (;;) {
    try {
      return await pools.assignCode({ campaignId, userId, requestId: "once" });
    } catch (error) {
      const isOutage = error instanceof ConnectError && error.code === Code.Unavailable;
      if (!isOutage || performance.now() > giveUpMs) throw error;
    }
  }
}
