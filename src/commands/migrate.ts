import type { Config } from "../config.ts";
import { migrate as migrateMysql } from "../ledger/mysql/migrate.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { addressOf } from "../store/redis/connect.ts";
import { libraryState, loadLibrary, replaceLibrary } from "../store/redis/library.ts";
import { openRedis } from "../store/redis/open.ts";

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
  const servers = openRedis(config.redisUrl, () => {});
  try {
    if (!(await servers.connected(5_000)))
      throw new Error("Redis can't be reached (REDIS_URL), or not all of it");
    // Each server of a cluster has a library of its own.
    for (const redis of servers.masters()) {
      const state = await libraryState(redis);
      if (state === "missing") await loadLibrary(redis);
      // Its memory of what is armed goes with the old one: servers arm every partition again, in some milliseconds each.
      if (state === "other") await replaceLibrary(redis);
      const did = { missing: "loaded", other: "replaced", current: "was up to date" };
      say(`Redis ${addressOf(redis)}: the Function library ${did[state]}`);
    }
  } finally {
    servers.close();
  }
}
