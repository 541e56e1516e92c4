import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface FolderFacts {
  /** Absolute. */
  path: string;
  exists: boolean;
  /** Permission bits; of the nearest folder above where there is none yet. */
  mode: number;
  writable: boolean;
  /** Names of the files in it that others than the owner may read or write. */
  exposed: string[];
  /** The kind of file system as statfs(2) numbers it. */
  fileSystem: number;
  freeBytes: number;
  /** Another process has it open. */
  inUse: boolean;
}

/** Looks at an embedded server's data folder and changes nothing. */
export function collectFolder(dir: string): FolderFacts {
  const path = resolve(dir);
  const exists = existsSync(path);
  const place = exists ? path : nearestAbove(path);
  const { type, bavail, bsize } = statfsSync(place);
  return {
    path,
    exists,
    mode: statSync(place).mode & 0o777,
    writable: isWritable(place),
    exposed: exists ? readdirSync(path).filter((name) => isExposed(join(path, name))) : [],
    fileSystem: type,
    freeBytes: bavail * bsize,
    inUse: exists && isLocked(join(path, "lock.db")),
  };
}

function nearestAbove(path: string): string {
  const above = dirname(path);
  return existsSync(above) ? above : nearestAbove(above);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isExposed(path: string): boolean {
  // A journal may be gone again by now.
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && (found.mode & 0o077) !== 0;
}

/** A server holds an exclusive lock on it, which keeps even readers out. */
function isLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const probe = new DatabaseSync(path, { readOnly: true, timeout: 0 });
  try {
    probe.exec("SELECT count(*) FROM sqlite_master");
    return false;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return true;
    throw error;
  } finally {
    probe.close();
  }
}

const SQLITE_BUSY = 5;
