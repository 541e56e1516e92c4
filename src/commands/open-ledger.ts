import { setTimeout as delay } from "node:timers/promises";
import { type Config, ConfigError } from "../config.ts";
import { masterKeyIn } from "../keys/master-key.ts";
import { MasterKeys } from "../keys/master-keys.ts";
import { openSecrets, type Secrets } from "../keys/secrets.ts";
import { type Ledger, LedgerUnavailable } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { mysqlLedger } from "../ledger/mysql/ledger.ts";
import { migrate } from "../ledger/mysql/migrate.ts";
import { type SqliteLedger, sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite, type SqliteDatabase } from "../ledger/sqlite/open.ts";
import type { Logger } from "../log.ts";
import type { Signalled } from "./signalled.ts";

export type OpenedLedger =
  | { kind: "embedded"; ledger: SqliteLedger; database: SqliteDatabase; masterKey: Uint8Array }
  | { kind: "lent"; ledger: Ledger; lending: Lending; masterKey: Uint8Array };

/** Opens the ledger that the settings name, with its tables up to date. Goes on trying while MySQL can't be reached, until stopped. */
export async function openLedger(
  config: Config,
  log: Logger,
  stop: Signalled,
): Promise<OpenedLedger | undefined> {
  if (config.mysqlUrl === undefined) {
    // The key first: where it can't be had, nothing is to be left open.
    const masterKey = config.masterKey ?? (await masterKeyIn(config.dataDir));
    const database = openSqlite(config.dataDir);
    return { kind: "embedded", database, ledger: sqliteLedger(database), masterKey };
  }
  for (let pauseMs = 250; !stop.happened; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    try {
      const applied = await migrate(config.mysqlUrl);
      if (applied.length > 0) log.info({ applied }, "tables migrated");
      const { ledger, lending } = mysqlLedger(config.mysqlUrl);
      await lending.setUpPartitions(config.partitions);
      return { kind: "lent", ledger, lending, masterKey: config.masterKey! };
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
      log.warn(
        { reason: error.message, retryMs: pauseMs },
        "MySQL can't be reached (MYSQL_URL): trying again",
      );
      await Promise.race([delay(pauseMs), stop.promise]);
    }
  }
  return undefined;
}

/** For a command that reads or writes the ledger once, beside servers that may be running. */
export async function openLedgerOnce(config: Config): Promise<Ledger> {
  if (config.mysqlUrl === undefined) return sqliteLedger(openSqlite(config.dataDir, { beside: true }));
  await migrate(config.mysqlUrl);
  return mysqlLedger(config.mysqlUrl).ledger;
}

/** The master key and the one whose place it takes. Throws ConfigError where there is one alone. */
export function masterKeysOf({ masterKey, masterKeyOld }: Config): MasterKeys {
  if (masterKey !== undefined && masterKeyOld !== undefined) return new MasterKeys(masterKey, masterKeyOld);
  throw new ConfigError([
    "ALLOT_MASTER_KEY and ALLOT_MASTER_KEY_OLD are both needed: the new master key and the one before.",
  ]);
}

/** The same, with its keys. */
export async function openSecretsOnce(config: Config): Promise<{ ledger: Ledger; secrets: Secrets }> {
  const masterKey = config.masterKey ?? (await masterKeyIn(config.dataDir));
  const ledger = await openLedgerOnce(config);
  try {
    return { ledger, secrets: await openSecrets(ledger, masterKey, config.masterKeyOld) };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}
