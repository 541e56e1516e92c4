import { LedgerUnavailable } from "../ledger.ts";

const DUPLICATE = 1062;
/** What ALTER TABLE says when it finds its own work: a column it renames is gone, one or a key it adds is there, one it drops is not. */
const ALTERED = new Set([1054, 1060, 1061, 1091]);
const NO_TABLE = 1146;
/** To this user: a database, a table or a column. */
const DENIED = new Set([1044, 1142, 1143]);
const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;

/** What a server says that has no time or room for us, is going away, or has become a replica. */
const UNAVAILABLE = new Set([
  3, // a file can't be written
  1021, // the disk is full
  1026, // a file can't be written
  1030, // an error of the storage engine
  1037, // out of memory
  1040, // too many connections
  1041, // out of memory
  1053, // shutdown in progress
  1114, // the table is full, because the disk is
  1129, // host blocked because of connection errors
  1180, // COMMIT failed
  1203, // user has too many connections
  1290, // running with --read-only
  1317, // query interrupted
  1836, // in read-only mode
  1927, // MariaDB: connection was killed
  3024, // MySQL: execution time exceeded
  3032, // MySQL: in offline mode
  3169, // MySQL: session was killed
  4031, // MySQL: disconnected because of inactivity
]);

interface MysqlError extends Error {
  errno?: number;
  code?: string;
  fatal?: boolean;
}

/** A unique key is taken; the statement did nothing and the transaction goes on. */
export function isDuplicate(error: unknown): boolean {
  return (error as MysqlError).errno === DUPLICATE;
}

/** An ALTER TABLE was carried out before, whole: it is atomic in both databases. */
export function isAltered(statement: string, error: unknown): boolean {
  return /^ALTER TABLE/i.test(statement) && ALTERED.has((error as MysqlError).errno ?? 0);
}

export function isNoTable(error: unknown): boolean {
  return (error as MysqlError).errno === NO_TABLE;
}

export function isDenied(error: unknown): boolean {
  return DENIED.has((error as MysqlError).errno ?? 0);
}

/** Somebody else's transaction was in the way: from the start, this one may do. */
export function isLockTrouble(error: unknown): boolean {
  const { errno } = error as MysqlError;
  return errno === DEADLOCK || errno === LOCK_WAIT_TIMEOUT;
}

/** LedgerUnavailable where the database is to blame, or the error itself. */
export function asLedgerError(error: MysqlError, doing: string): Error {
  if (error instanceof LedgerUnavailable) return error;
  // Server errors have positive numbers; those of mysql2 and of sockets have a negative one, or none.
  const fromServer = (error.errno ?? 0) > 0;
  if (fromServer && !UNAVAILABLE.has(error.errno!)) return error;
  return new LedgerUnavailable(`${doing}: ${error.message || error.code}`, { cause: error });
}
