import type { DatabaseSync } from "node:sqlite";
import { readMigrations } from "../sql/migrations.ts";

/** Brings the tables up to date; each file in one transaction with the note that it was applied. */
export function migrate(db: DatabaseSync): void {
  db.exec(
    "CREATE TABLE IF NOT EXISTS migration (name TEXT NOT NULL PRIMARY KEY, applied_ms INTEGER NOT NULL) STRICT",
  );
  const applied = new Set(
    db
      .prepare("SELECT name FROM migration")
      .all()
      .map((row) => row.name),
  );
  for (const { name, statements } of readMigrations(new URL("./migrations/", import.meta.url))) {
    if (applied.has(name)) continue;
    db.exec("BEGIN IMMEDIATE");
    try {
      for (const statement of statements) db.exec(statement);
      db.prepare("INSERT INTO migration (name, applied_ms) VALUES (?, ?)").run(name, Date.now());
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }
}
