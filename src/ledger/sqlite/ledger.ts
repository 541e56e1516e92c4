import type { Ledger } from "../ledger.ts";
import type { Database } from "../sql/database.ts";
import type { PrizeKey } from "../sql/free-ranges.ts";
import { sqlLedger } from "../sql/ledger.ts";
import { reserveMore } from "../sql/reserve.ts";
import { couponOf, couponsOfUser } from "./coupons-by-hash.ts";
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
    close: () => database.close(),
  };
  const ledger = sqlLedger(db);
  return {
    ...ledger,
    couponOf: (campaignNo, who) => couponOf(kysely, campaignNo, who),
    coupons: ({ userHash, campaignNo }, after, limit) =>
      userHash
        ? couponsOfUser(kysely, { userHash, ...(campaignNo !== undefined && { campaignNo }) }, after, limit)
        : ledger.coupons({ campaignNo: campaignNo! }, after, limit),
    reserveMore: (prize) => db.write((tx) => reserveMore(tx, prize)),
  };
}

const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;

function isDuplicate(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode === CONSTRAINT_PRIMARYKEY || errcode === CONSTRAINT_UNIQUE;
}
