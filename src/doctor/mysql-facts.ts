import { sql } from "kysely";
import { openMysql } from "../ledger/mysql/open.ts";
import type { Queries } from "../ledger/sql/database.ts";
import { readMigrations } from "../ledger/sql/migrations.ts";
import { measureTiming, type Timing } from "./timing.ts";

export interface MysqlFacts {
  /** The settings below by name, as a session of the ledger has them; one that this server does not know is missing. */
  variables: Map<string, string>;
  migrations: {
    /** Undefined: there is no such table. */
    applied: string[] | undefined;
    /** Those of this version. */
    known: string[];
  };
  timing: Timing;
}

const asked = [
  "version",
  "read_only",
  "super_read_only",
  "innodb_flush_log_at_trx_commit",
  "innodb_flush_method",
  "innodb_doublewrite",
  "log_bin",
  "sync_binlog",
  "binlog_format",
  "sql_mode",
  "time_zone",
  "system_time_zone",
  "character_set_client",
  "character_set_connection",
  "max_allowed_packet",
  "transaction_isolation",
  // MariaDB's name for it before 11.1.
  "tx_isolation",
  "default_storage_engine",
];

/** Reads only, through a connection like the ledger's. Rejects when MySQL can't be asked. */
export async function collectMysql(url: string): Promise<MysqlFacts> {
  const { kysely, close } = openMysql(url);
  try {
    const found = await sql<{ Variable_name: string; Value: string }>`
      show variables where variable_name in (${sql.join(asked)})`.execute(kysely);
    const variables = new Map(found.rows.map((row) => [row.Variable_name.toLowerCase(), row.Value]));
    const known = readMigrations(new URL("../ledger/mysql/migrations/", import.meta.url));
    const timing = await measureTiming(async () => {
      const clock = sql<{ micros: number }>`
        select timestampdiff(microsecond, '1970-01-01', utc_timestamp(6)) as micros`;
      return (await clock.execute(kysely)).rows[0]!.micros / 1000;
    });
    return {
      variables,
      migrations: { applied: await applied(kysely), known: known.map(({ name }) => name) },
      timing,
    };
  } finally {
    await close();
  }
}

async function applied(kysely: Queries): Promise<string[] | undefined> {
  const table = await sql`
    select 1 from information_schema.tables where table_schema = database() and table_name = 'migration'`.execute(
    kysely,
  );
  if (table.rows.length === 0) return undefined;
  const { rows } = await sql<{ name: string }>`select name from migration order by name`.execute(kysely);
  return rows.map(({ name }) => name);
}
