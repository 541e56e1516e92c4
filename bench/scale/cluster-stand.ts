import { readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { partitionKeys } from "../../src/store/redis/keys.ts";
import { clientsOf } from "../../test/client.ts";
import { startAllot, testMasterKey } from "../../test/servers/allot.ts";
import { freePort } from "../../test/servers/free-port.ts";
import { startMysql } from "../../test/servers/mysql.ts";
import { mysqlProgram } from "../../test/servers/mysql-program.ts";
import { RedisClusterServers } from "../../test/servers/redis-cluster.ts";
import { serverFolder, TestServer } from "../../test/servers/test-server.ts";
import { spentOn } from "../cpu/spent.ts";
import type { Drive } from "../generator/drive.ts";
import type { Turn } from "../rounds/turn.ts";
import { outcomesOf, sumOf } from "../stand/metrics.ts";

export interface ClusterStandOptions {
  masters: number;
  partitions: number;
  workers?: number;
}

/** Rows in the ledger, by SQL. */
export interface Rows {
  rows: number;
  serials: number;
  users: number;
}

/** What a coupon took in a turn. Bytes are counted by Redis and by the database. */
export interface ScaleTurn extends Turn {
  issued: number;
  /** Coupons that went to Redis together. */
  batch: number;
  /** Turns of Redis's event loop that wrote something, for each coupon. */
  redisTurns: number;
  redisInBytes: number;
  redisOutBytes: number;
  aofBytes: number;
  ledgerInBytes: number;
}

/** Room for the rows of a run, where tests have settings for thousands. On disk before a commit is answered, as ever. */
const databaseConfig = {
  "innodb-buffer-pool-size": "1G",
  ...(mysqlProgram().flavour === "mariadb"
    ? { "innodb-log-file-size": "1G" }
    : { "innodb-redo-log-capacity": "1G" }),
};
const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** As it runs at scale: servers that don't drain, a drain by itself, a Redis Cluster, a ledger. */
export class ClusterStand implements AsyncDisposable {
  readonly redis: RedisClusterServers;
  readonly database: TestServer;
  readonly allot: TestServer;
  readonly drain: TestServer;
  readonly #clients: ReturnType<typeof clientsOf>;
  readonly #partitions: number;

  private constructor(
    partitions: number,
    redis: RedisClusterServers,
    database: TestServer,
    allot: TestServer,
    drain: TestServer,
  ) {
    this.#partitions = partitions;
    this.redis = redis;
    this.database = database;
    this.allot = allot;
    this.drain = drain;
    this.#clients = clientsOf(allot.url);
  }

  static async open({ masters, partitions, workers = 1 }: ClusterStandOptions): Promise<ClusterStand> {
    const [redis, database] = await Promise.all([
      RedisClusterServers.start({ masters, config: { "cluster-node-timeout": "15000" } }),
      startMysql({ config: databaseConfig }),
    ]);
    const env = {
      REDIS_URL: redis.url,
      MYSQL_URL: database.url,
      ALLOT_PARTITIONS: String(partitions),
      ALLOT_DRAIN: "off",
    };
    const args = ["serve", ...(workers > 1 ? ["--workers", String(workers)] : [])];
    const allot = await startAllot({ env, args });
    return new ClusterStand(partitions, redis, database, allot, await startDrain(env));
  }

  get url(): string {
    return this.allot.url;
  }

  async createCampaign(id: string, partitions: number): Promise<void> {
    await this.#clients.campaigns.createCampaign({
      campaign: {
        id,
        endTime: timestampFromMs(Date.now() + 86_400_000),
        prizes: [{ id: "p1", quota: 100_000_000 }],
        limits: { perUser: 1 },
        partitions,
      },
    });
  }

  /** Issues flat out and waits for the ledger: the CPU is that of both, the time that of the load alone. */
  async turn(
    drive: Drive,
    campaignId: string,
    seconds: number,
    afterLoad?: () => Promise<void>,
  ): Promise<ScaleTurn> {
    const before = await this.#counters();
    const pids = {
      server: this.allot.pid,
      drain: this.drain.pid,
      database: this.database.pid,
      ...Object.fromEntries(this.redis.masters.map(({ pid }, no) => [`redis ${no}`, pid])),
    };
    const { value, cpuMs } = await spentOn(pids, async () => {
      const driven = await drive.run({ url: this.url, campaignId, seconds }).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await outcomesOf(this.url)}\n${this.allot.log.slice(-4000)}`);
      });
      await afterLoad?.();
      await this.drained(campaignId);
      return driven;
    });
    const after = await this.#counters();
    const per = (name: keyof typeof after) => (after[name] - before[name]) / value.answers;
    const us = (name: string) => (cpuMs[name]! * 1000) / value.answers;
    const redis = this.redis.masters.reduce((sum, _, no) => sum + us(`redis ${no}`), 0);
    return {
      perSecond: value.answers / value.seconds,
      cpuUs: {
        server: us("server"),
        redis,
        drain: us("drain"),
        database: us("database"),
        generator: us("generator"),
      },
      issued: value.answers,
      batch: (after.taken - before.taken) / (after.batches - before.batches),
      redisTurns: per("redisTurns"),
      redisInBytes: per("redisIn"),
      redisOutBytes: per("redisOut"),
      aofBytes: per("aof"),
      ledgerInBytes: per("ledgerIn"),
    };
  }

  /** Resolves when all that was given out of the campaign is in the ledger. */
  async drained(campaignId: string): Promise<void> {
    const untilMs = performance.now() + 60_000;
    for (;;) {
      const { campaign } = await this.#clients.campaigns.getCampaign({ campaignId });
      if (campaign!.stats!.undrained === 0) return;
      if (performance.now() > untilMs)
        throw new Error(`the ledger did not catch up within a minute:\n${this.drain.log.slice(-4000)}`);
      await delay(20);
    }
  }

  /** Bytes that the masters hold together. */
  async redisBytes(): Promise<number> {
    return this.#sumOfInfo("memory", "used_memory");
  }

  /** Bytes of what is not yet in the ledger. */
  async outboxBytes(): Promise<number> {
    const sizes = Array.from({ length: this.#partitions }, async (_, no) => {
      const { outbox, slot } = partitionKeys(no, this.#partitions);
      return await asked(this.redis.holding(slot), (redis) => redis.memory("USAGE", outbox, "SAMPLES", 0));
    });
    return (await Promise.all(sizes)).reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }

  /** What the table of coupons takes on the database's disk. */
  get ledgerBytes(): number {
    return statSync(`${this.database.dir}/data/allot/entry.ibd`).size;
  }

  async rows(): Promise<Rows> {
    const [found] = await this.#select<Rows>(
      "SELECT COUNT(*) AS `rows`, COUNT(DISTINCT space_no, serial) AS serials, COUNT(DISTINCT campaign_no, user_hash) AS users FROM entry",
    );
    return found!;
  }

  async #counters() {
    const [taken, batches, redisIn, redisOut, aof, [status]] = await Promise.all([
      sumOf(this.url, "allot_batch_size_sum"),
      sumOf(this.url, "allot_batch_size_count"),
      this.#sumOfInfo("stats", "total_net_input_bytes"),
      this.#sumOfInfo("stats", "total_net_output_bytes"),
      this.#sumOfInfo("persistence", "aof_current_size"),
      this.#select<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Bytes_received'"),
    ]);
    const writes = this.redis.masters.map(({ pid }) => writesOf(pid));
    // One to the file, and one with all answers to the server.
    const redisTurns = writes.reduce((sum, count) => sum + count, 0) / 2;
    return { taken, batches, redisTurns, redisIn, redisOut, aof, ledgerIn: Number(status!.Value) };
  }

  async #sumOfInfo(section: string, field: string): Promise<number> {
    const values = await Promise.all(
      this.redis.masters.map(async (master) => {
        const info = await asked(master, (redis) => redis.info(section));
        return Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1]);
      }),
    );
    return values.reduce((sum, value) => sum + value, 0);
  }

  async #select<Row>(query: string): Promise<Row[]> {
    const connection = await createConnection(this.database.url);
    try {
      return (await connection.query(query))[0] as Row[];
    } finally {
      await connection.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.allot.stop(), this.drain.stop()]);
    await Promise.all([this.redis.stop(), this.database.stop()]);
  }
}

async function asked<T>({ url }: TestServer, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

/** Writes that a process has made until now, from Linux's /proc; elsewhere NaN. */
function writesOf(pid: number): number {
  try {
    return Number(/^syscw: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "latin1"))?.[1]);
  } catch {
    return Number.NaN;
  }
}

async function startDrain(env: Record<string, string>): Promise<TestServer> {
  const folder = await serverFolder("drain");
  return await TestServer.start({
    ...folder,
    name: "drain",
    command: process.execPath,
    args: [program, "drain"],
    env: { ...env, ALLOT_MASTER_KEY: testMasterKey },
    url: "",
    // It listens nowhere.
    port: await freePort(),
    isReady: async () => readFileSync(`${folder.dir}/server.log`, "utf8").includes("draining"),
  });
}
