import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Coupon_State as State } from "../src/gen/allot/v1/coupon_pb.js";
import { reasonOf } from "../src/rpc/errors.ts";
import { type Clients, clientsOf } from "./client.ts";
import {
  brief,
  createCampaign,
  errorOf,
  issue,
  redeemsByThePort,
  revokesByThePort,
} from "./redemption/contract.ts";
import { startAllot } from "./servers/allot.ts";
import { type MysqlServer, startMysql } from "./servers/mysql.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

describe("redemption with Redis and MySQL, two servers", () => {
  let redis: RedisServer;
  let mysql: MysqlServer;
  let servers: [TestServer, TestServer];
  let clients: [Clients, Clients];

  beforeAll(async () => {
    [redis, mysql] = await Promise.all([startRedis(), startMysql()]);
    const env = { REDIS_URL: redis.url, MYSQL_URL: mysql.url, ALLOT_PARTITIONS: "4" };
    // Tests ask about many codes that are not there.
    const start = () => startAllot({ env: { ...env, ALLOT_WRONG_CODES_PER_MINUTE: "1000" } });
    servers = [await start(), await start()];
    clients = [clientsOf(servers[0].url), clientsOf(servers[1].url)];
  });
  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server.stop()));
    await Promise.all([redis?.stop(), mysql?.stop()]);
  });

  redeemsByThePort(() => clients);
  revokesByThePort(() => clients);

  test("a server killed between reserving and confirming loses nothing: another one confirms", async () => {
    const [one, other] = clients;
    const campaignId = await createCampaign(one);
    const { code } = await issue(one, campaignId, "ann");
    await one.coupons.reserveCoupon({ code, orderId: "1" });
    await servers[0].kill();
    expect(brief(await other.coupons.redeemCoupon({ code, orderId: "2" }))).toBe("COUPON_RESERVED");
    expect(brief(await other.coupons.confirmCoupon({ code, orderId: "1" }))).toBe("REDEEMED");
    await servers[0].restart();
    expect(brief(await one.coupons.confirmCoupon({ code, orderId: "1" }))).toBe("REDEEMED, again");
  });

  test("servers killed while fifty redeem one coupon: asked again, one order has it and is told so", async () => {
    const [one, other] = clients;
    const campaignId = await createCampaign(one);
    const { code } = await issue(one, campaignId, "ann");
    const ask = (i: number) => (i % 2 === 0 ? one : other).coupons.redeemCoupon({ code, orderId: `${i}` });
    const asked = Array.from({ length: 50 }, (_, i) => ask(i).catch(() => undefined));
    await Promise.race(asked);
    await servers[0].kill();
    const told = await Promise.all(asked);
    await servers[0].restart();
    const again = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(i)));
    const winners = again.flatMap((answer, i) => (answer.outcome.case === "coupon" ? [i] : []));
    expect(winners).toHaveLength(1);
    for (const [i, answer] of told.entries()) {
      if (answer) expect(answer.outcome.case).toBe(winners.includes(i) ? "coupon" : "refusal");
    }
  });

  test("without MySQL the answer is UNAVAILABLE, and the same order asked again is safe", async () => {
    const [one] = clients;
    const campaignId = await createCampaign(one);
    const { code } = await issue(one, campaignId, "ann");
    await one.coupons.getCoupon({ code });
    await mysql.kill();
    const error = await errorOf(one.coupons.redeemCoupon({ code, orderId: "1" }));
    expect([error.code, reasonOf(error)]).toEqual([Code.Unavailable, "LEDGER_UNAVAILABLE"]);
    expect(error.rawMessage).toMatch("same order_id");
    await mysql.restart();
    await expect
      .poll(() => one.coupons.redeemCoupon({ code, orderId: "1" }).then(brief, () => "unavailable"))
      .toMatch("REDEEMED");
  });

  test("while the store is away a coupon is revoked for good, and its unit comes back with the store", async () => {
    const [one, other] = clients;
    const campaignId = await createCampaign(one, { prizes: [{ id: "gift", quota: 1 }] });
    const { code } = await issue(one, campaignId, "ann");
    await one.coupons.getCoupon({ code });
    await redis.kill();
    const error = await errorOf(one.coupons.revokeCoupon({ code, reason: "x", returnQuota: true }));
    expect([error.code, reasonOf(error)]).toEqual([Code.Unavailable, "STORE_UNAVAILABLE"]);
    expect((await other.coupons.getCoupon({ code })).coupon!.state).toBe(State.REVOKED);
    await redis.restart();
    // Nobody asks for it again.
    const taken = () =>
      other.coupons.issueCoupon({ campaignId, userId: "ann" }).then(
        ({ outcome }) => (outcome.case === "coupon" ? outcome.value.code : "none"),
        () => "none",
      );
    await expect.poll(async () => ![code, "none"].includes(await taken())).toBe(true);
    expect((await one.coupons.issueCoupon({ campaignId, userId: "bob" })).outcome.case).toBe("refusal");
  });

  test("what was returned is still so when the store has lost everything", async () => {
    const [one, other] = clients;
    const campaignId = await createCampaign(one, { prizes: [{ id: "gift" }] });
    const taken = (userId: string) =>
      issue(other, campaignId, userId).then(
        ({ code }) => code,
        () => undefined,
      );
    await expect.poll(() => taken("ann")).toBeDefined();
    const [anns, bobs] = [(await taken("ann"))!, (await taken("bob"))!];
    await one.coupons.revokeCoupon({ code: anns, reason: "x", returnQuota: true });
    await one.coupons.getCoupon({ code: bobs });
    await redis.kill();
    await rm(join(redis.dir, "appendonlydir"), { recursive: true });
    await redis.restart();
    await expect.poll(() => taken("bob")).toBe(bobs);
    const anew = await taken("ann");
    expect([undefined, anns, bobs]).not.toContain(anew);
    expect(await taken("ann")).toBe(anew);
  });
});
