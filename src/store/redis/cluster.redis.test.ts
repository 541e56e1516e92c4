import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { campaignOf } from "../../../test/campaign-of.ts";
import { RedisClusterServers } from "../../../test/servers/redis-cluster.ts";
import { TcpProxy } from "../../../test/servers/tcp-proxy.ts";
import { planOf } from "../../campaign/plan.ts";
import type { Outcome } from "../store.ts";
import { partitionKeys } from "./keys.ts";
import { loadLibrary } from "./library.ts";
import { openRedis } from "./open.ts";
import { RedisPartition } from "./partition.ts";
import { RedisStore } from "./redis-store.ts";
import type { RedisServers } from "./servers.ts";
import { slots } from "./slot-ranges.ts";

let cluster: RedisClusterServers;
let servers: RedisServers;

beforeEach(async () => {
  cluster = await RedisClusterServers.start();
  servers = openRedis(`${cluster.masters[0]!.url}, ${cluster.masters[1]!.url}`, () => {});
  expect(await servers.connected(10_000)).toBe(true);
});
afterEach(async () => {
  servers.close();
  await cluster.stop();
});

const portOf = (slot: number) => servers.serving(slot)?.options.port;

test("two seeds find all masters, and every slot is asked of the one that serves it", async () => {
  expect(servers.masters().map(({ options }) => options.port)).toEqual(
    expect.arrayContaining(cluster.masters.map(({ port }) => port)),
  );
  for (const slot of [0, 5_461, 5_462, 10_922, 10_923, slots - 1]) {
    expect(portOf(slot)).toBe(cluster.holding(slot).port);
  }
});

test("a slot that moves is found again, and what was asked of its old master was not carried out", async () => {
  const slot = 12_182;
  const old = servers.serving(slot)!;
  const { port } = cluster.masters[0]!;
  expect(old.options.port).not.toBe(port);
  const direct = cluster.masters.map((one) => new Redis(one.port));
  const id = (await direct[0]!.cluster("MYID")) as string;
  for (const redis of direct) await redis.cluster("SETSLOT", slot, "NODE", id);
  await expect(old.set("foo", "1")).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${port}`);
  await expect.poll(() => portOf(slot)).toBe(port);
  expect(await servers.serving(slot)!.get("foo")).toBeNull();
  for (const redis of direct) redis.disconnect();
});

test("a master that is away is not ready while the others are, and is again by itself", async () => {
  const away = cluster.holding(0);
  const statuses = () => [0, 8_000, slots - 1].map((slot) => servers.serving(slot)?.status);
  await away.kill();
  await expect.poll(() => statuses()[0]).not.toBe("ready");
  expect(statuses().slice(1)).toEqual(["ready", "ready"]);
  await away.restart();
  await expect.poll(() => statuses()[0]).toBe("ready");
});

test("what was in flight when a connection broke is not sent again", async () => {
  const slot = 12_182;
  const server = cluster.holding(slot);
  const proxy = await TcpProxy.start(server.port);
  const direct = new Redis(server.port);
  await direct.config("SET", "cluster-announce-port", String(proxy.port));
  await expect.poll(() => [portOf(slot), servers.serving(slot)?.status]).toEqual([proxy.port, "ready"]);
  const isReady = () => expect.poll(() => servers.serving(slot)?.status).toBe("ready");
  const outcomes: string[] = [];
  // The map is read by way of the proxy too, so that it may be the map's reply that is lost.
  for (let tries = 0; tries < 20 && !outcomes.includes("rejected"); tries++) {
    await isReady();
    proxy.loseReplies = 1;
    const [{ status }] = await Promise.allSettled([servers.serving(slot)!.incr("foo")]);
    outcomes.push(status);
  }
  expect(outcomes.at(-1)).toBe("rejected");
  proxy.loseReplies = 0;
  await isReady();
  expect(await servers.serving(slot)!.get("foo")).toBe(String(outcomes.length));
  direct.disconnect();
  await proxy.stop();
});

test("a batch that a stale map sends to the wrong master is carried out once, by the right one", async () => {
  const keys = partitionKeys(0, 1);
  const right = servers.serving(keys.slot)!;
  const wrong = servers.masters().find((redis) => redis !== right)!;
  for (const redis of servers.masters()) await loadLibrary(redis);
  const partition = new RedisPartition(() => right, keys, 0);
  await partition.begin(1);
  await partition.arm(1, 0);
  const plan = planOf(campaignOf(1, { prizes: [{ quota: 10 }], timeZone: "UTC" }));
  const pool = { campaignNo: 1, prizeNo: 0, day: "", partitionNo: 0, epoch: 1 };
  await partition.grant(pool, [{ number: 1, first: 0, size: 10, exhausted: undefined }]);
  let redirections = 0;
  const stale = () => (redirections++ < 4 ? wrong : right);
  const store = new RedisStore({
    epochs: { current: () => 1, lost: () => {} },
    partitions: [new RedisPartition(stale, keys, 0)],
    outboxMaxBytes: 1e9,
    onLevel: () => {},
  });
  const userHash = Buffer.alloc(16, 1);
  const who = { userId: "a", userHash, addressHash: undefined };
  const take = { keys: plan.rules.map(() => userHash), choices: Uint8Array.of(0), request: undefined, who };
  const [[outcome]] = (await store.take(0, [{ plan, day: undefined, takes: [take] }])) as [[Outcome]];
  expect(outcome).toMatchObject({ kind: "issued", serial: 0 });
  expect(redirections).toBeGreaterThan(4);
  expect((await partition.stock(1)).i0).toBe("1");
});
