/** The ledger's tables, beside the server that writes them; only to be read. */
export interface Tables {
  each(statement: string, values: (string | number)[]): AsyncIterable<Row>;
  close(): Promise<void>;
}

/** Text may come as bytes. */
export type Row = Record<string, string | number | Uint8Array | null>;

export const textOf = (value: Row[string] | undefined): string =>
  typeof value === "object" && value !== null ? Buffer.from(value).toString("utf8") : String(value ?? "");
