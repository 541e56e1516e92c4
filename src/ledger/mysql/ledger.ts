import type { Ledger } from "../ledger.ts";
import type { Lending } from "../lending.ts";
import { sqlLedger } from "../sql/ledger.ts";
import { entryErasers } from "./erase-entries.ts";
import { mysqlLending } from "./lending/lending.ts";
import { openMysql } from "./open.ts";

/** The ledger of servers that share a MySQL or MariaDB database, and what it lends to their store. One pool serves both. */
export function mysqlLedger(url: string): { ledger: Ledger; lending: Lending } {
  const db = openMysql(url);
  return { ledger: sqlLedger(db, entryErasers), lending: mysqlLending(db) };
}
