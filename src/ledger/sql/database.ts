import type { Kysely, RawBuilder } from "kysely";
import type { Schema } from "./schema.ts";

/** Where queries run: a transaction, or each by itself. */
export type Queries = Kysely<Schema>;

/** What the queries that MySQL and SQLite share need to know about either. */
export interface Database {
  kysely: Queries;
  /** One transaction, again from the start where the database gave it up for another one. */
  write<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /** Reads that all see the same moment. */
  read<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /** Whether a statement failed, without effect, because a key is taken. */
  isDuplicate(error: unknown): boolean;
  /** Whether serials are lent to a store apart from the ledger, so that what is granted may come back. */
  lends: boolean;
  /** The time in milliseconds by the clock that all servers share. */
  clockMs: RawBuilder<number>;
  /** The texts of all rows of a group as one, in any order; null: there are none. Up to 16 MB. */
  joined(text: RawBuilder<string>): RawBuilder<string | null>;
  close(): Promise<void>;
}

/** A transaction that may end without a trace and answer all the same: by what it gave to `undo`. */
export async function attempt<T>(
  db: Database,
  work: (tx: Queries, undo: (answer: T) => never) => Promise<T>,
): Promise<T> {
  const undone = new Error("undone");
  let answer: T | undefined;
  try {
    return await db.write((tx) =>
      work(tx, (given) => {
        answer = given;
        throw undone;
      }),
    );
  } catch (error) {
    if (error === undone) return answer as T;
    throw error;
  }
}

/** Runs one INSERT; false: its key is taken. */
export async function inserted(db: Database, insert: { execute(): Promise<unknown> }): Promise<boolean> {
  try {
    await insert.execute();
    return true;
  } catch (error) {
    if (db.isDuplicate(error)) return false;
    throw error;
  }
}
