import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../test/servers/free-port.ts";
import { type RedisServer, startRedis } from "../../test/servers/redis.ts";
import { RedisClusterServers } from "../../test/servers/redis-cluster.ts";
import { durabilityGaps } from "../store/redis/durability.ts";
import { loadLibrary } from "../store/redis/library.ts";
import { examineRedis } from "./examine.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(config: Record<string, string> = {}): Promise<{ server: RedisServer; redis: Redis }> {
  const server = await startRedis({ config: { maxmemory: "1gb", ...config } });
  cleanUp.push(() => server.stop());
  const redis = new Redis(server.url);
  cleanUp.push(() => redis.disconnect());
  return { server, redis };
}

/** What is not ok: check → level. */
async function troubles(url: string) {
  const findings = await examineRedis(url);
  return Object.fromEntries(
    findings.filter(({ level }) => level !== "ok").map(({ check, level }) => [check, level]),
  );
}

test("a Redis as the guarantees ask is safe, before and after a server loaded its library", async () => {
  const { server, redis } = await start();
  expect(await troubles(server.url)).toEqual({});
  await loadLibrary(redis);
  expect(await troubles(server.url)).toEqual({});
  const library = (await examineRedis(server.url)).find(({ check }) => check === "Function library");
  expect(library?.found).toBe("this version's");
  expect(await redis.dbsize()).toBe(0);
});

test("each setting that breaks a promise is found, and the remedies mend them", async () => {
  const { server, redis } = await start({
    appendonly: "no",
    appendfsync: "everysec",
    "no-appendfsync-on-rewrite": "yes",
    "maxmemory-policy": "allkeys-lru",
    maxmemory: "0",
  });
  await redis.call(
    "FUNCTION",
    "LOAD",
    "#!lua name=allot\nredis.register_function('allot_take', function() end)",
  );
  const findings = await examineRedis(server.url);
  expect(await troubles(server.url)).toEqual({
    appendonly: "bad",
    appendfsync: "bad",
    "no-appendfsync-on-rewrite": "bad",
    "maxmemory-policy": "bad",
    maxmemory: "warn",
    "Function library": "bad",
  });
  for (const { remedy = "" } of findings) {
    const [, name, value] = /^CONFIG SET (\S+) (\w+), and/.exec(remedy) ?? [];
    if (name !== undefined) await redis.config("SET", name, value!);
  }
  expect(await troubles(server.url)).toEqual({ maxmemory: "warn", "Function library": "bad" });
});

test("a replica is no place to write, and one that was promoted is told until it was restarted", async () => {
  const { server: master } = await start({ "repl-diskless-sync-delay": "0" });
  const { server, redis } = await start();
  await redis.replicaof("127.0.0.1", String(master.port));
  await expect.poll(() => redis.info("replication"), { timeout: 20_000 }).toContain("master_link_status:up");
  expect(await troubles(server.url)).toMatchObject({ role: "bad" });
  expect(await troubles(master.url)).toEqual({ replicas: "warn" });
  await redis.replicaof("NO", "ONE");
  expect(await troubles(server.url)).toEqual({ promotion: "warn" });
  // It does not shut down while it writes the file of what it copied.
  await expect.poll(() => redis.info("persistence")).toContain("aof_rewrite_in_progress:0");
  await server.restart();
  expect(await troubles(server.url)).toEqual({});
});

test("a user without CONFIG and FUNCTION is told so, and to arm with its settings unknown is a gap", async () => {
  const { server, redis } = await start();
  await redis.call("ACL", "SETUSER", "plain", "on", ">word", "~*", "+@all", "-config", "-function");
  const url = server.url.replace("://", "://plain:word@");
  expect(await troubles(url)).toEqual({
    appendfsync: "warn",
    "no-appendfsync-on-rewrite": "warn",
    "Function library": "bad",
  });
  const asUser = new Redis(url);
  cleanUp.push(() => asUser.disconnect());
  expect(await durabilityGaps(asUser)).toEqual([
    "appendfsync is hidden from this user, not always",
    "no-appendfsync-on-rewrite is hidden from this user",
  ]);
  expect(await durabilityGaps(redis)).toEqual([]);
});

test("one node of a cluster is no Redis by itself", async () => {
  // Its other port would be this one plus 10,000, which somebody may have.
  const busPort = String(await freePort());
  const { server } = await start({ "cluster-enabled": "yes", "cluster-port": busPort });
  expect(await troubles(server.url)).toEqual({ REDIS_URL: "bad", cluster: "warn" });
});

test("every master of a cluster is looked at, findings say which, and partitions are counted", async () => {
  const cluster = await RedisClusterServers.start({ config: { maxmemory: "1gb" } });
  cleanUp.push(() => cluster.stop());
  const notOk = async (partitions: number) =>
    (await examineRedis(cluster.url, partitions))
      .filter(({ level }) => level !== "ok")
      .map(({ about, check, level }) => ({ about, check, level }));
  expect(await notOk(12)).toEqual([]);
  expect(await notOk(2)).toEqual([{ about: "Redis Cluster", check: "partitions", level: "warn" }]);
  const [, second, third] = cluster.masters;
  const redis = new Redis(second!.url);
  cleanUp.push(() => redis.disconnect());
  await redis.config("SET", "appendfsync", "everysec");
  await third!.kill();
  expect(await notOk(12)).toEqual(
    expect.arrayContaining([
      { about: `Redis 127.0.0.1:${second!.port}`, check: "appendfsync", level: "bad" },
      { about: `Redis 127.0.0.1:${third!.port}`, check: "connection", level: "bad" },
    ]),
  );
});

test("a Redis that can't be reached, or refuses the password, is one finding with the reason", async () => {
  const nobody = await freePort();
  const [unreachable, ...rest] = await examineRedis(`redis://127.0.0.1:${nobody}`);
  expect(rest).toEqual([]);
  expect(unreachable).toMatchObject({ check: "connection", level: "bad" });
  expect(unreachable!.found).toContain("ECONNREFUSED");

  const { server, redis } = await start();
  await redis.config("SET", "requirepass", "word");
  const [refused] = await examineRedis(server.url);
  expect(refused).toMatchObject({ check: "connection", level: "bad" });
  expect(refused!.found).toContain("NOAUTH");
});
