/** What SQLite takes for a placeholder. */
export type Parameter = number | string | Uint8Array | null;
