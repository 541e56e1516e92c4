import { DatabaseSync } from "node:sqlite";

/** A connection to a database that is there, whose folder this process has locked. */
export function connect(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 1_000 });
  try {
    // FULL syncs the log at every commit; with NORMAL the last ones could be lost with the power. fullfsync: macOS's plain fsync
    // stops at the disk's cache. The page cache is for the table of hashes, which is written all over. Pages go from the log into the file every 16 MB: those that
    // are written again and again go once. What was erased is overwritten, not just marked as free.
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA cache_size = -65536;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA secure_delete = ON;
    `);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
