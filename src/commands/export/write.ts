import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";

export type Format = "csv" | "ndjson";

/**
 * Writes pages of rows as they come. CSV is for spreadsheets: a cell that one would take for a formula gets a ' in front. A line of JSON has
 * everything as it is.
 */
export async function write(
  format: Format,
  columns: readonly string[],
  pages: AsyncIterable<string[][]>,
  output: NodeJS.WritableStream,
): Promise<void> {
  const end = output !== process.stdout;
  try {
    if (format === "csv") {
      const csv = stringify({ header: true, columns: [...columns], escape_formulas: true });
      await pipeline(Readable.from(rowsOf(pages)), csv, output, { end });
    } else {
      await pipeline(Readable.from(linesOf(columns, pages)), output, { end });
    }
  } catch (error) {
    // Whoever reads has seen enough, such as `head`.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

async function* rowsOf(pages: AsyncIterable<string[][]>) {
  for await (const rows of pages) yield* rows;
}

/** A page at a time: a line each would be a million small writes. */
async function* linesOf(columns: readonly string[], pages: AsyncIterable<string[][]>) {
  for await (const rows of pages) {
    const objects = rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
    yield objects.map((object) => `${JSON.stringify(object)}\n`).join("");
  }
}
