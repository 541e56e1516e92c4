import { closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SQLITE_BUSY = 5;

/**
 * Takes a data folder for this process alone, making it where it is missing (mode 0700), and returns the way to let it go. The lock is
 * that of a second, empty database, so that ours can be opened in WAL mode; it ends with the process, however that ends.
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, "lock.db");
  makePrivate(path);
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new FolderInUse(
      `${resolve(dir)} is in use by another Allot server. Stop that one, or choose another folder with ALLOT_DATA.`,
    );
  }
  return () => lock.close();
}

/** Another process, or another part of this one, has the data folder. */
export class FolderInUse extends Error {
  override name = "FolderInUse";
}

/**
 * Creates a file with mode 0600 unless it is there. A file that is there must not be opened: closing it would drop every POSIX lock
 * that SQLite holds on it in this process.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
