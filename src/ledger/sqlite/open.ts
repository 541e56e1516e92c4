import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import type { Schema } from "../sql/schema.ts";
import { connect } from "./connect.ts";
import { NodeSqliteDialect } from "./dialect.ts";
import { Exclusive } from "./exclusive.ts";
import { FolderInUse, lockFolder, makePrivate } from "./folder.ts";
import { migrate } from "./migrate.ts";

export interface SqliteDatabase {
  path: string;
  db: DatabaseSync;
  /** Ordinary queries on the same connection. */
  kysely: Kysely<Schema>;
  /**
   * Runs `work` when no other transaction is open on the connection, and keeps others out until it has settled. Every transaction runs
   * in here, since there is one connection: a statement of somebody else's in between would become part of it.
   */
  exclusive<T>(work: () => T | Promise<T>): Promise<T>;
  /** Waits for what is under way, then closes the database and frees the folder. */
  close(): Promise<void>;
}

export interface SqliteOptions {
  /** Also where a server runs: for commands that read and write rows the server does not keep in memory. */
  beside?: boolean;
}

/** Opens the database of a data folder, which is locked against a second server, with its tables up to date. */
export function openSqlite(dir: string, { beside = false }: SqliteOptions = {}): SqliteDatabase {
  const unlock = beside ? lockUnlessInUse(dir) : lockFolder(dir);
  try {
    const path = join(dir, "allot.db");
    const db = open(path, unlock !== undefined);
    const turns = new Exclusive();
    return {
      path,
      db,
      kysely: new Kysely<Schema>({ dialect: new NodeSqliteDialect(db) }),
      exclusive: (work) => turns.run(work),
      close: async () => {
        await turns.idle();
        db.close();
        unlock?.();
      },
    };
  } catch (error) {
    unlock?.();
    throw error;
  }
}

/** Undefined: a server has the folder, and has brought its tables up to date. */
function lockUnlessInUse(dir: string): (() => void) | undefined {
  try {
    return lockFolder(dir);
  } catch (error) {
    if (error instanceof FolderInUse) return undefined;
    throw error;
  }
}

function open(path: string, migrating: boolean): DatabaseSync {
  makePrivate(path);
  const db = connect(path);
  try {
    if (migrating) migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
