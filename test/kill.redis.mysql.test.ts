import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clientsOf } from "./client.ts";
import { audit, crowd } from "./crowd.ts";
import { startAllot } from "./servers/allot.ts";
import { freshDatabase } from "./servers/fresh-database.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

const quota = 1_500;
const users = Array.from({ length: 2_500 }, (_, i) => `user-${i}`);

/** Real processes, ended by kill -9 while a crowd asks: exactly the quota, nothing acknowledged lost, one request one outcome. */
describe("kill -9 under load", () => {
  let redis: RedisServer;
  let server: TestServer;
  beforeEach(async () => {
    redis = await startRedis();
    server = await startAllot({
      env: { REDIS_URL: redis.url, MYSQL_URL: await freshDatabase(), ALLOT_PARTITIONS: "4" },
    });
  });
  afterEach(async () => {
    await server.stop();
    await redis.stop();
  });

  async function sale(disturb: (progress: () => Promise<number>) => Promise<void>): Promise<void> {
    const clients = clientsOf(server.url);
    const campaignId = "sale";
    await clients.campaigns.createCampaign({
      campaign: {
        id: campaignId,
        endTime: timestampFromMs(Date.now() + 3_600_000),
        prizes: [{ quota }],
        limits: { perUser: 1 },
      },
    });
    const progress = async () => {
      try {
        return (await clients.campaigns.getCampaign({ campaignId })).campaign!.stats!.issued;
      } catch {
        return 0;
      }
    };
    const asking = crowd(clients, campaignId, users, 32);
    await disturb(progress);
    await audit(clients, campaignId, await asking, quota);
  }

  const past = (progress: () => Promise<number>, count: number) =>
    expect.poll(progress, { timeout: 60_000, interval: 5 }).toBeGreaterThan(count);

  test("of the server, three times", { timeout: 120_000 }, () =>
    sale(async (progress) => {
      for (const count of [100, 400, 800]) {
        await past(progress, count);
        await server.kill();
        await server.restart();
      }
    }),
  );

  test("of Redis, three times: each time armed anew, and goes on by itself", { timeout: 120_000 }, () =>
    sale(async (progress) => {
      for (const count of [100, 400, 800]) {
        await past(progress, count);
        await redis.kill();
        await delay(50);
        await redis.restart();
      }
    }),
  );

  test("of both at once", { timeout: 120_000 }, () =>
    sale(async (progress) => {
      await past(progress, 300);
      await Promise.all([server.kill(), redis.kill()]);
      await redis.restart();
      await server.restart();
    }),
  );
});
