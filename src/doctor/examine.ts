import type { Config } from "../config.ts";
import { connected, connectRedis } from "../store/redis/connect.ts";
import { bad, type Finding, ok } from "./finding.ts";
import { collectFolder } from "./folder-facts.ts";
import { judgeFolder } from "./folder-rules.ts";
import { collectMysql } from "./mysql-facts.ts";
import { judgeMysql } from "./mysql-rules.ts";
import { collectRedis } from "./redis-facts.ts";
import { judgeRedis } from "./redis-rules.ts";

const connectMs = 5_000;

/** Looks at what the settings name, and changes nothing: the data folder, or Redis and MySQL. */
export async function examine(config: Config): Promise<Finding[]> {
  const { redisUrl, mysqlUrl, dataDir } = config;
  if (redisUrl === undefined || mysqlUrl === undefined) return judgeFolder(collectFolder(dataDir));
  return (await Promise.all([examineRedis(redisUrl), examineMysql(mysqlUrl)])).flat();
}

export async function examineRedis(url: string): Promise<Finding[]> {
  if (url.includes(",")) {
    const found = bad("several addresses", "A cluster is not supported yet: set REDIS_URL to one server.");
    return [{ about: "Redis", check: "cluster", why: "Allot speaks to one Redis server.", ...found }];
  }
  const { promise: failure, reject } = Promise.withResolvers<never>();
  const redis = connectRedis(url, reject);
  try {
    if (!(await Promise.race([connected(redis, connectMs), failure]))) {
      throw new Error(`no answer within ${connectMs} ms`);
    }
    return [reached("Redis"), ...judgeRedis(await collectRedis(redis))];
  } catch (error) {
    return [unreachable("Redis", "REDIS_URL", error)];
  } finally {
    redis.disconnect();
  }
}

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
