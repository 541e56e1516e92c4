import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Coupon, IssueCouponResponse } from "../src/gen/allot/v1/coupon_pb.js";
import { Reason } from "../src/gen/allot/v1/refusal_pb.js";
import { type Clients, clientsOf } from "./client.ts";
import { audit, type Told } from "./crowd.ts";
import { startAllot } from "./servers/allot.ts";
import { type MysqlServer, startMysql } from "./servers/mysql.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

/** Batches while the stores behind them come and go: each request has an answer, and nothing that was issued goes unreported. */
describe("batches", () => {
  let redis: RedisServer;
  let mysql: MysqlServer;
  let server: TestServer;
  let clients: Clients;

  beforeEach(async () => {
    [redis, mysql] = await Promise.all([startRedis(), startMysql()]);
    server = await startAllot({
      env: { REDIS_URL: redis.url, MYSQL_URL: mysql.url, ALLOT_PARTITIONS: "4" },
    });
    clients = clientsOf(server.url);
  });
  afterEach(async () => {
    await server.stop();
    await Promise.all([redis.stop(), mysql.stop()]);
  });

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
  const users = (count: number) => Array.from({ length: count }, (_, i) => `user-${i}`);
  async function issue(campaignId: string, names: string[]): Promise<IssueCouponResponse[]> {
    const requests = names.map((userId) => ({ campaignId, userId, requestId: "once" }));
    return (await clients.coupons.issueCoupons({ requests })).results;
  }
  const told = (userId: string, { outcome }: IssueCouponResponse): Told | undefined => {
    if (outcome.case === "coupon") return { user: userId, coupon: outcome.value };
    if (outcome.case === "refusal") return { user: userId, refused: outcome.value.reason };
    return undefined;
  };

  /** As the contract says: whoever has no outcome is asked for again, until all have one. */
  async function persist(
    campaignId: string,
    names: string[],
    size: number,
    onBatch = () => {},
  ): Promise<Told[]> {
    const known: Told[] = [];
    const giveUpMs = performance.now() + 60_000;
    for (let open = names; open.length > 0; ) {
      if (performance.now() > giveUpMs) throw new Error(`no outcome for ${open.length}`);
      const asked = open.slice(0, size);
      const answer = issue(campaignId, asked).catch(() => undefined);
      onBatch();
      const results = await answer;
      const answers = asked.map((user, at) => results && told(user, results[at]!));
      known.push(...answers.filter((answer) => answer !== undefined));
      open = [...open.slice(size), ...asked.filter((_, at) => answers[at] === undefined)];
      if (answers.includes(undefined)) await delay(20);
    }
    return known;
  }

  test("over four partitions give out exactly the quota, and say so to everybody", async () => {
    await create("spread", 700, { partitions: 4 });
    const results = await issue("spread", users(1_000));
    const coupons = results.flatMap(({ outcome }) => (outcome.case === "coupon" ? [outcome.value] : []));
    expect(coupons).toHaveLength(700);
    for (const { outcome } of results) {
      if (outcome.case !== "coupon")
        expect(outcome).toMatchObject({ case: "refusal", value: { reason: Reason.SOLD_OUT } });
    }
    await audit(
      clients,
      "spread",
      users(1_000).map((user, at) => told(user, results[at]!)!),
      700,
    );
  });

  test("while Redis is away every request is told to try again, and nobody gets two when it is back", async () => {
    await create("gone", 100);
    const before = await issue("gone", users(10));
    await redis.kill();
    const during = await issue("gone", users(30));
    for (const { outcome } of during) {
      expect(outcome).toMatchObject({
        case: "error",
        value: { reason: "STORE_UNAVAILABLE", retryDelay: { seconds: 1n } },
      });
    }
    await redis.restart();
    const after = await persist("gone", users(30), 30);
    const codeOf = (coupon: unknown) => (coupon as Coupon).code;
    expect(after.slice(0, 10).map((one) => "coupon" in one && one.coupon.code)).toEqual(
      before.map(({ outcome }) => codeOf(outcome.value)),
    );
    await audit(clients, "gone", after, 100);
  });

  test("a campaign that can't be had holds up nobody else's coupons", async () => {
    await create("stocked", 100);
    await create("dry", 100);
    expect((await issue("stocked", ["first"]))[0]!.outcome.case).toBe("coupon");
    await mysql.kill();
    const requests = users(20).map((userId, i) => ({
      campaignId: ["stocked", "dry", "unknown"][i % 3]!,
      userId,
    }));
    const { results } = await clients.coupons.issueCoupons({ requests });
    const cases = results.map(({ outcome }) =>
      outcome.case === "error" ? outcome.value.reason : outcome.case,
    );
    expect(cases.filter((_, i) => i % 3 === 0)).toEqual(Array(7).fill("coupon"));
    expect(new Set(cases.filter((_, i) => i % 3 === 2))).toEqual(new Set(["LEDGER_UNAVAILABLE"]));
    for (const dry of cases.filter((_, i) => i % 3 === 1)) {
      // Its stock may have been lent already.
      expect(["coupon", "STORE_UNAVAILABLE", "LEDGER_UNAVAILABLE"]).toContain(dry);
    }
  });

  test("in whatever moment Redis dies, those who ask until they are told have one coupon each", {
    timeout: 60_000,
  }, async () => {
    await create("dying", 3_000);
    const names = users(4_000);
    const parts = [0, 1, 2, 3].map((part) => names.filter((_, i) => i % 4 === part));
    const deaths: Promise<void>[] = [];
    let batches = 0;
    // While this batch and three others are on their way.
    const onBatch = () => {
      if ([8, 24, 40].includes(++batches)) deaths.push(redis.kill().then(() => redis.restart()));
    };
    const all = await Promise.all(parts.map((part) => persist("dying", part, 50, onBatch)));
    expect(deaths).toHaveLength(3);
    await Promise.all(deaths);
    await audit(clients, "dying", all.flat(), 3_000);
  });
});
