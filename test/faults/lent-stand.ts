import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startAllot } from "../servers/allot.ts";
import { startMysql } from "../servers/mysql.ts";
import { startRedis } from "../servers/redis.ts";
import { TestServer } from "../servers/test-server.ts";
import { Ledger } from "./audit/ledger.ts";
import { Hop } from "./hop.ts";
import { Clock } from "./preload/clock.ts";
import { Disk } from "./preload/disk.ts";
import { preloaded } from "./preload/preloaded.ts";
import { revive } from "./revive.ts";
import type { Member, ServingMember, Stand } from "./stand.ts";

export interface LentOptions {
  servers: number;
  /** Whether a process of its own drains, or the servers do. */
  drainApart: boolean;
  /** Over the settings that the guarantees ask for: to see what is found without them. */
  redisConfig?: Record<string, string>;
}

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Redis, MySQL, servers and a drain, everybody with a proxy of its own to each of the two. */
export async function startLent({ servers, drainApart, redisConfig }: LentOptions): Promise<Stand> {
  const dir = await mkdtemp(join(tmpdir(), "allot-faults-"));
  const folder = async (name: string) => {
    const path = join(dir, name);
    await mkdir(path);
    return path;
  };
  const clocks = new Map<string, Clock>();
  const disks = new Map<string, Disk>();
  const clockOf = async (name: string) => {
    const clock = await Clock.make(await folder(`${name}-clock`));
    if (clock) clocks.set(name, clock);
    return clock;
  };
  const diskOf = async (name: string, files: string, losesPower: boolean) => {
    const disk = await Disk.make(files, join(dir, `${name}-disk`), losesPower);
    if (disk) disks.set(name, disk);
    return disk;
  };
  const redisDir = await folder("redis");
  const mysqlDir = await folder("mysql");
  const redisEnv = preloaded(
    await clockOf("redis"),
    await diskOf("redis", join(redisDir, "appendonlydir"), true),
  );
  const mysqlEnv = preloaded(await diskOf("mysql", join(mysqlDir, "data"), false));
  const [redis, mysql] = await Promise.all([
    startRedis({ dir: redisDir, config: redisConfig, env: redisEnv }),
    startMysql({ dir: mysqlDir, env: mysqlEnv }),
  ]);
  const hops: Hop[] = [];
  const hopTo = async (port: number) => {
    const hop = await Hop.start(port);
    hops.push(hop);
    return hop;
  };
  const masterKey = randomBytes(32).toString("base64");
  const surroundings = async (
    name: string,
  ): Promise<{ hops: Required<Member["hops"]>; env: Record<string, string> }> => {
    const toRedis = await hopTo(redis.port);
    const toMysql = await hopTo(mysql.port);
    const mysqlUrl = new URL(mysql.url);
    mysqlUrl.port = String(toMysql.port);
    return {
      hops: { redis: toRedis, mysql: toMysql },
      env: {
        ...preloaded(await clockOf(name)),
        REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
        MYSQL_URL: mysqlUrl.href,
        ALLOT_MASTER_KEY: masterKey,
        ALLOT_PARTITIONS: "4",
        ALLOT_DRAIN: drainApart ? "off" : "on",
      },
    };
  };
  const serving: ServingMember[] = [];
  for (let i = 0; i < servers; i++) {
    const name = `server-${i}`;
    const { hops, env } = await surroundings(name);
    const process = await startAllot({ dir: await folder(name), env, unready: true });
    const door = await hopTo(process.port);
    serving.push({ name, process, hops, door, url: `http://127.0.0.1:${door.port}` });
  }
  const drain = drainApart ? await startDrain(await folder("drain"), await surroundings("drain")) : undefined;
  const ledger = new Ledger(mysql.url);
  const stand: Stand = {
    ...{ kind: "lent", dir, servers: serving, drain, redis, mysql, ledger, clocks, disks },
    revive: () => revive(stand),
    async stop(keep) {
      const processes = [...serving, ...(drain ? [drain] : [])].map((one) => one.process);
      await Promise.all([...processes, redis, mysql].map((one) => one.kill()));
      await Promise.all([...processes, redis, mysql].map((one) => one.stop()));
      await Promise.all(hops.map((hop) => hop.stop()));
      if (!keep) await rm(dir, { recursive: true, force: true });
    },
  };
  return stand;
}

async function startDrain(
  dir: string,
  { hops, env }: { hops: Member["hops"]; env: Record<string, string> },
): Promise<Member> {
  const process_ = await TestServer.start({
    ...{ name: "drain", dir, ownsDir: false, command: process.execPath, args: [main, "drain"], env },
    // It has no port: it runs, that is all there is to see.
    ...{ url: "", port: 0, isReady: async () => true },
  });
  return { name: "drain", process: process_, hops };
}
