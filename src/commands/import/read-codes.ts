import { type Info, parse } from "csv-parse";

/** A code and the line of the file that it ends on. */
export interface CodeLine {
  code: string;
  line: number;
}

/**
 * The codes in a CSV file: of the column that the first line calls `code`, or of the only column, then with or without that name. Empty lines
 * are skipped. Throws with the line where it is no CSV.
 */
export async function* readCodes(input: NodeJS.ReadableStream): AsyncGenerator<CodeLine> {
  const records = input.pipe(parse({ bom: true, info: true, skip_empty_lines: true }));
  input.once("error", (error) => records.destroy(error));
  let column: number | undefined;
  for await (const { record, info } of records as AsyncIterable<{ record: string[]; info: Info }>) {
    if (column === undefined) {
      const named = record.findIndex((cell) => cell.trim().toLowerCase() === "code");
      if (named < 0 && record.length > 1) {
        throw new Error(
          `The first line has ${record.length} columns, and none is called "code": name the one with the codes.`,
        );
      }
      column = Math.max(named, 0);
      if (named >= 0) continue;
    }
    yield { code: record[column]!, line: info.lines };
  }
}
