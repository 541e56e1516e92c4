import { setTimeout as delay } from "node:timers/promises";
import { Kysely, MysqlDialect, sql } from "kysely";
import { LedgerUnavailable } from "../ledger.ts";
import type { Database } from "../sql/database.ts";
import type { Schema } from "../sql/schema.ts";
import { isDuplicate, isLockTrouble } from "./errors.ts";
import { nowMs } from "./lending/partitions.ts";
import { BoundedPool, DEADLINE_MS } from "./pool.ts";

const BACK_OFF_MS = 20;

/** A MySQL or MariaDB database by its URL; it connects when it is first asked. */
export function openMysql(url: string): Database {
  const kysely = new Kysely<Schema>({ dialect: new MysqlDialect({ pool: new BoundedPool(url) }) });
  return {
    kysely,
    write: (work) => untilFree(() => kysely.transaction().execute(work)),
    read: (work) =>
      kysely.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(work),
    isDuplicate,
    lends: true,
    clockMs: nowMs,
    joined: (text) => sql`group_concat(${text} separator '')`,
    close: () => kysely.destroy(),
  };
}

/**
 * Runs a whole transaction again while it loses against others: a deadlock undoes all of it, but a lock timeout only its last
 * statement.
 */
async function untilFree<T>(transaction: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    try {
      return await transaction();
    } catch (error) {
      if (!isLockTrouble(error)) throw error;
      if (performance.now() - startedMs > DEADLINE_MS) {
        throw new LedgerUnavailable(`MySQL: other transactions were in the way for ${DEADLINE_MS} ms`, {
          cause: error,
        });
      }
      await delay(Math.random() * BACK_OFF_MS);
    }
  }
}
