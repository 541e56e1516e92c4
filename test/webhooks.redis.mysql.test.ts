import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Receiver } from "../src/flows/webhooks/receiver.fixture.ts";
import { clientsOf } from "./client.ts";
import { startAllot, testMasterKey } from "./servers/allot.ts";
import { freshDatabase } from "./servers/fresh-database.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const quota = 400;

let redis: RedisServer;
let servers: TestServer[];
let receiver: Receiver;
let env: Record<string, string>;
beforeEach(async () => {
  redis = await startRedis();
  env = { REDIS_URL: redis.url, MYSQL_URL: await freshDatabase(), ALLOT_PARTITIONS: "4" };
  servers = [await startAllot({ env }), await startAllot({ env })];
  receiver = await Receiver.start();
});
afterEach(async () => {
  await receiver.stop();
  for (const server of servers) await server.stop();
  await redis.stop();
});

async function allot(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, "webhooks", ...args], {
    env: { ...process.env, ...env, ALLOT_MASTER_KEY: testMasterKey },
  });
  return stdout.trim();
}

/** Which of the servers delivers: only that one reports a backlog. */
async function delivering(): Promise<number> {
  const texts = await Promise.all(servers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  return texts.findIndex((text) => /^allot_webhook_backlog\{/m.test(text));
}

test("kill -9 of the server that delivers: another takes over, nothing is lost, and the order stays", {
  timeout: 120_000,
}, async () => {
  const secret = await allot("add", receiver.url);
  await expect.poll(delivering).toBeGreaterThanOrEqual(0);
  const victim = await delivering();
  const { campaigns, coupons } = clientsOf(servers[1 - victim]!.url);
  await campaigns.createCampaign({
    campaign: {
      id: "sale",
      endTime: timestampFromMs(Date.now() + 3_600_000),
      prizes: [{ id: "bag", quota }],
      limits: { perUser: 1 },
      partitions: 4,
    },
  });
  // About a hundred a second, so that there is something left to deliver.
  receiver.behave = () => new Promise((resolve) => setTimeout(resolve, 10, 200));
  const codes = new Set<string>();
  const requests = Array.from({ length: quota }, (_, i) => ({ campaignId: "sale", userId: `u${i}` }));
  // A partition may have to wait for serials that others hold; who is told so asks again.
  await expect
    .poll(
      async () => {
        const { results } = await coupons.issueCoupons({ requests });
        expect(results.filter(({ outcome }) => outcome.case === "refusal")).toEqual([]);
        for (const { outcome } of results) if (outcome.case === "coupon") codes.add(outcome.value.code);
        return codes.size;
      },
      { timeout: 20_000 },
    )
    .toBe(quota);
  await expect.poll(() => receiver.accepted.length, { timeout: 20_000 }).toBeGreaterThan(50);
  await servers[victim]!.kill();
  const before = receiver.accepted.length;
  expect(before).toBeLessThan(quota);

  const told = () => receiver.accepted.some(({ event }) => event.type === "allot.quota.exhausted");
  await expect.poll(told, { timeout: 60_000 }).toBe(true);
  receiver.verify(secret);
  const first = new Map(
    receiver.accepted.map(({ event }) => [event.id, event]).reverse() as [
      string,
      { type: string; subject?: string },
    ][],
  );
  const inOrder = [...new Set(receiver.ids())];
  expect(
    new Set(
      [...first.values()].filter(({ type }) => type === "allot.coupon.issued").map(({ subject }) => subject),
    ),
  ).toEqual(codes);
  expect(first.size).toBe(quota + 1);
  // The fact comes when all that it is about is there; and of each partition everything in the order of its rows.
  expect(first.get(inOrder.at(-1)!)!.type).toBe("allot.quota.exhausted");
  const places = inOrder.slice(0, -1).map((id) => id.split("-").map(Number));
  for (const of of Map.groupBy(places, ([, partitionNo]) => partitionNo).values()) {
    expect(of).toEqual(of.toSorted((a, b) => a[2]! - b[2]! || a[3]! - b[3]! || a[4]! - b[4]!));
  }
  expect(new Set(places.map(([, partitionNo]) => partitionNo)).size).toBe(4);
});
