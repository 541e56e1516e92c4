import { readMigrations } from "../../../src/ledger/sql/migrations.ts";

const migrations = new URL("../../../src/ledger/mysql/migrations/", import.meta.url);

/** The ledger's MySQL tables in SQLite's words, so that its queries for MySQL find what they expect. */
export function schema(): string {
  const statements = readMigrations(migrations).flatMap(({ statements }) => statements.flatMap(translated));
  return [...statements, userIdsAreText].map((statement) => `${statement};`).join("\n");
}

/** The ledger writes user ids with unusual characters as X'…', which MySQL takes for text of the same bytes. */
const userIdsAreText = `
  CREATE TRIGGER user_id_is_text AFTER INSERT ON entry WHEN typeof(NEW.user_id) = 'blob'
  BEGIN UPDATE entry SET user_id = CAST(NEW.user_id AS TEXT) WHERE rowid = NEW.rowid; END`;

function translated(statement: string): string[] {
  const alter = /^ALTER TABLE (\w+)\s+(.*)$/s.exec(statement);
  if (!alter) return [inSqliteWords(statement)];
  const [, table, changes] = alter;
  return changes!.split(/,\s*(?=CHANGE|ADD)/).flatMap((change) => {
    const renamed = /^CHANGE COLUMN (\w+) (\w+) (.*)$/s.exec(change);
    // SQLite does not change a column's type; a new one serves, since nothing is in it yet.
    if (renamed)
      return [
        `ALTER TABLE ${table} DROP COLUMN ${renamed[1]}`,
        `ALTER TABLE ${table} ADD COLUMN ${inSqliteWords(`${renamed[2]} ${renamed[3]}`)}`,
      ];
    if (change.startsWith("ADD KEY")) return [];
    return [`ALTER TABLE ${table} ${inSqliteWords(change)}`];
  });
}

function inSqliteWords(text: string): string {
  return text
    .replace(/ENGINE = InnoDB/g, "")
    .replace(/CHARACTER SET \w+ COLLATE \w+/g, "")
    .replace(/\bAFTER \w+$/gm, "")
    .replace(/^\s*KEY \w+ \([^)]*\),?$/gm, "")
    .replace(/UNIQUE KEY \w+/g, "UNIQUE")
    .replace(/(\w+) (BIG)?INT UNSIGNED NOT NULL AUTO_INCREMENT/g, "$1 INTEGER PRIMARY KEY AUTOINCREMENT")
    .replace(/(?<=AUTOINCREMENT[\s\S]*)PRIMARY KEY \(no\),?/g, "")
    .replace(/\b(TINY|SMALL|BIG)?INT\b( UNSIGNED)?/g, "INTEGER")
    .replace(/(\S+) VARBINARY\((\d+)\)/g, "$1 TEXT CHECK (octet_length($1) <= $2)")
    .replace(/\bMEDIUMTEXT\b/g, "TEXT")
    .replace(/\bBINARY\(\d+\)|\bMEDIUMBLOB\b/g, "BLOB")
    .replaceAll("`", '"')
    .replace(/,(\s*,)*\s*\)\s*$/, "\n)");
}
