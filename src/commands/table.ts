/** Rows as lines of columns that are as wide as they have to be. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** To the second, as in 2026-11-20T09:30:00Z. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "");
}
