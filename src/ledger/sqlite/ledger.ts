import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { Database } from "../sql/database.ts";
import type { PrizeKey } from "../sql/free-ranges.ts";
import { sqlLedger } from "../sql/ledger.ts";
import { listEntries } from "../sql/list-entries.ts";
import { reserveMore } from "../sql/reserve.ts";
import { couponOf, couponsOfUser, entriesOfUser } from "./coupons-by-hash.ts";
import { entryErasers } from "./erase-entries.ts";
import { joined } from "./joined.ts";
import type { SqliteDatabase } from "./open.ts";

export interface SqliteLedger extends Ledger {
  /** Reserves serials for an unlimited prize that has none free; returns how many: 0 when its code space is full. */
  reserveMore(prize: PrizeKey): Promise<number>;
}

/** The ledger of an embedded server. Errors of SQLite pass through: there is nobody to ask again. */
export function sqliteLedger(database: SqliteDatabase): SqliteLedger {
  const { kysely, exclusive } = database;
  const db: Database = {
    kysely,
    write: (work) => exclusive(() => kysely.transaction().execute(work)),
    read: (work) => exclusive(() => kysely.transaction().setAccessMode("read only").execute(work)),
    isDuplicate,
    lends: false,
    clockMs: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    joined,
    close: () => database.close(),
  };
  const ledger = sqlLedger(db, entryErasers);
  return {
    ...ledger,
    couponOf: (campaignNo, who) => couponOf(kysely, campaignNo, who),
    coupons: ({ userHash, campaignNo }, after, limit) =>
      userHash
        ? couponsOfUser(kysely, { userHash, ...(campaignNo !== undefined && { campaignNo }) }, after, limit)
        : ledger.coupons({ campaignNo: campaignNo! }, after, limit),
    entriesOf: (campaignNo, filter, after, limit) =>
      filter.userHash
        ? listEntries(kysely, entriesOfUser(kysely, filter.userHash, campaignNo), filter, after, limit)
        : ledger.entriesOf(campaignNo, filter, after, limit),
    async erase(erasure, mutation) {
      const erased = await ledger.erase(erasure, mutation);
      // The log still has the pages as they were, until it is written anew.
      await exclusive(() => database.db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
      return erased;
    },
    reserveMore: (prize) => db.write((tx) => reserveMore(tx, prize)),
  };
}

const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;

function isDuplicate(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode === CONSTRAINT_PRIMARYKEY || errcode === CONSTRAINT_UNIQUE;
}
