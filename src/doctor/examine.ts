import type { Config } from "../config.ts";
import { addressOf, connected, connectRedis } from "../store/redis/connect.ts";
import { isCluster, openRedis } from "../store/redis/open.ts";
import { bad, type Finding, ok } from "./finding.ts";
import { collectFolder } from "./folder-facts.ts";
import { judgeFolder } from "./folder-rules.ts";
import { collectMysql } from "./mysql-facts.ts";
import { judgeMysql } from "./mysql-rules.ts";
import { collectRedisCluster } from "./redis-cluster-facts.ts";
import { judgeRedisCluster } from "./redis-cluster-rules.ts";
import { collectRedis } from "./redis-facts.ts";
import { judgeRedis } from "./redis-rules.ts";

const connectMs = 5_000;

/** Looks at what the settings name, and changes nothing: the data folder, or Redis and MySQL. */
export async function examine(config: Config): Promise<Finding[]> {
  const { redisUrl, mysqlUrl, dataDir, partitions } = config;
  if (redisUrl === undefined || mysqlUrl === undefined) return judgeFolder(collectFolder(dataDir));
  return (await Promise.all([examineRedis(redisUrl, partitions), examineMysql(mysqlUrl)])).flat();
}

/** One server, or every master of a cluster and how `partitions` are spread over them. */
export async function examineRedis(url: string, partitions = 1): Promise<Finding[]> {
  return isCluster(url) ? examineRedisCluster(url, partitions) : examineRedisServer(url);
}

async function examineRedisServer(url: string): Promise<Finding[]> {
  const { promise: failure, reject } = Promise.withResolvers<never>();
  const redis = connectRedis(url, reject);
  try {
    if (!(await Promise.race([connected(redis, connectMs), failure]))) {
      throw new Error(`no answer within ${connectMs} ms`);
    }
    const facts = await collectRedis(redis);
    const inCluster = facts.info.get("cluster_enabled") === "1";
    return [reached("Redis"), ...(inCluster ? [namedAlone] : []), ...judgeRedis(facts)];
  } catch (error) {
    return [unreachable("Redis", "REDIS_URL", error)];
  } finally {
    redis.disconnect();
  }
}

async function examineRedisCluster(url: string, partitions: number): Promise<Finding[]> {
  let failure = new Error(`no answer within ${connectMs} ms`);
  const servers = openRedis(url, (error) => {
    failure = error;
  });
  try {
    await servers.connected(connectMs);
    const masters = servers.masters();
    if (masters.length === 0) return [unreachable("Redis Cluster", "REDIS_URL", failure)];
    const ofEach = masters.map(async (redis) => {
      const about = `Redis ${addressOf(redis)}`;
      try {
        if (redis.status !== "ready") throw failure;
        return [reached(about), ...judgeRedis(await collectRedis(redis), about)];
      } catch (error) {
        return [unreachable(about, "REDIS_URL", error)];
      }
    });
    const findings = (await Promise.all(ofEach)).flat();
    return [...judgeRedisCluster(collectRedisCluster(servers, partitions)), ...findings];
  } finally {
    servers.close();
  }
}

const namedAlone: Finding = {
  about: "Redis",
  check: "REDIS_URL",
  why: "One URL means one server; the partitions that other nodes of the cluster hold are not found.",
  ...bad(
    "one node of a cluster",
    "Name two or more of the cluster's nodes with commas between (where there is one name for all, give it twice).",
  ),
};

export async function examineMysql(url: string): Promise<Finding[]> {
  try {
    return [reached("MySQL"), ...judgeMysql(await collectMysql(url))];
  } catch (error) {
    return [unreachable("MySQL", "MYSQL_URL", error)];
  }
}

const connection = { check: "connection", why: "Nothing can be given out for long without it." };

function reached(about: string): Finding {
  return { about, ...connection, ...ok("answers") };
}

function unreachable(about: string, setting: string, error: unknown): Finding {
  const text = error instanceof Error ? error.message : String(error);
  const remedy = `Start it, or correct ${setting} (host, port, user, password, database).`;
  return { about, ...connection, ...bad(`can't be asked: ${text}`, remedy) };
}
