import { CompiledQuery } from "kysely";
import type { Rows } from "../../rows.ts";
import { type Database, inserted, type Queries } from "../../sql/database.ts";
import { InsertText } from "./insert-text.ts";

/** One for all transactions: a statement is written in one go. */
const insertText = new InsertText();

/**
 * Inserts rows; the ones whose key or serial is taken are returned, by number. A statement that meets one does nothing at all, so its
 * rows are tried again in ever smaller parts.
 */
export function insertEntries(db: Database, tx: Queries, rows: Rows): Promise<number[]> {
  return insertInParts(db, tx, rows, 0, rows.size, rows.size);
}

async function insertInParts(
  db: Database,
  tx: Queries,
  rows: Rows,
  from: number,
  to: number,
  size: number,
): Promise<number[]> {
  const taken: number[] = [];
  let at = from;
  while (at < to) {
    const part = insertText.write(rows, at, Math.min(at + size, to));
    const statement = CompiledQuery.raw(part.text);
    if (!(await inserted(db, { execute: () => tx.executeQuery(statement) }))) {
      const count = part.to - at;
      if (count === 1) taken.push(at);
      else taken.push(...(await insertInParts(db, tx, rows, at, part.to, Math.ceil(count / 10))));
    }
    at = part.to;
  }
  return taken;
}
