import { readdirSync, readFileSync } from "node:fs";

export interface Migration {
  name: string;
  statements: string[];
}

/** The .sql files of a folder in the order of their names. In them a statement ends with a semicolon at the end of a line. */
export function readMigrations(folder: URL): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  return files.map((file) => ({
    name: file.slice(0, -".sql".length),
    statements: statementsOf(readFileSync(new URL(file, folder), "utf8")),
  }));
}

function statementsOf(text: string): string[] {
  const code = text.replace(/^--.*$/gm, "");
  return code
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
