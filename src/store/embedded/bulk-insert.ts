import type { DatabaseSync } from "node:sqlite";
import type { Parameter } from "./parameter.ts";

/** Rows a statement: a call of a statement costs as much as a row. */
const rowsAtOnce = 32;

/**
 * An INSERT of any number of rows: the values that all have in common, and those of each, row after row. Parameters have no numbers,
 * because Node looks through the list of those that have for every one it binds.
 */
export function bulkInsert(db: DatabaseSync, table: string, common: string[], each: string[]) {
  const places = (columns: string[]) => columns.map(() => "?").join();
  const insert = (rows: number) =>
    db.prepare(`
      WITH common (${common}) AS (VALUES (${places(common)})),
        each (${each}) AS (VALUES ${Array(rows).fill(`(${places(each)})`)})
      INSERT INTO ${table} (${[...common, ...each]}) SELECT ${[...common, ...each]} FROM common CROSS JOIN each`);
  const [one, many] = [insert(1), insert(rowsAtOnce)];
  const chunk = rowsAtOnce * each.length;
  return (inCommon: Parameter[], values: Parameter[]): void => {
    let at = 0;
    for (; at + chunk <= values.length; at += chunk) many.run(...inCommon, ...values.slice(at, at + chunk));
    for (; at < values.length; at += each.length) {
      one.run(...inCommon, ...values.slice(at, at + each.length));
    }
  };
}
