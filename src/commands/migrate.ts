import type { Config } from "../config.ts";
import { migrate as migrateMysql } from "../ledger/mysql/migrate.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { connected, connectRedis } from "../store/redis/connect.ts";
import { libraryState, loadLibrary, replaceLibrary } from "../store/redis/library.ts";

/** Brings tables and Function library up to date and says what it did. */
export async function migrate(config: Config): Promise<void> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  if (config.mysqlUrl === undefined || config.redisUrl === undefined) {
    await openSqlite(config.dataDir).close();
    say(`${config.dataDir}: the tables are up to date`);
    return;
  }
  const applied = await migrateMysql(config.mysqlUrl);
  say(applied.length === 0 ? "MySQL: the tables were up to date" : `MySQL: applied ${applied.join(", ")}`);
  const redis = connectRedis(config.redisUrl, () => {});
  try {
    if (!(await connected(redis, 5_000))) throw new Error("Redis can't be reached (REDIS_URL)");
    const state = await libraryState(redis);
    if (state === "missing") await loadLibrary(redis);
    // Its memory of what is armed goes with the old one: servers arm every partition again, in some milliseconds each.
    if (state === "other") await replaceLibrary(redis);
    const did = { missing: "loaded", other: "replaced", current: "was up to date" };
    say(`Redis: the Function library ${did[state]}`);
  } finally {
    redis.disconnect();
  }
}
