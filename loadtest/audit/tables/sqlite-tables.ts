import { DatabaseSync } from "node:sqlite";
import type { Row, Tables } from "./tables.ts";

export const openSqliteTables = (path: string): Tables => {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  return {
    async *each(statement, values) {
      yield* db.prepare(statement).iterate(...values) as Iterable<Row>;
    },
    close: async () => db.close(),
  };
};
