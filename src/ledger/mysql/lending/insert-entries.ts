import { readFileSync } from "node:fs";
import { CompiledQuery } from "kysely";
import type { Entry } from "../../ledger.ts";
import { type Database, inserted, type Queries } from "../../sql/database.ts";

const INTO = readFileSync(new URL("./insert-entries.sql", import.meta.url), "utf8").replace(/^--.*\n/gm, "");

/** Some 300 bytes a row: far below any max_allowed_packet. */
export const MAX_ROWS = 1_000;

/**
 * Inserts entries, sorted by key; the ones whose key or serial is taken are returned. A statement that meets one does nothing at all, so
 * its rows are tried again in ever smaller parts.
 */
export async function insertEntries(db: Database, tx: Queries, entries: Entry[]): Promise<Entry[]> {
  return insertInParts(db, tx, entries, MAX_ROWS);
}

async function insertInParts(db: Database, tx: Queries, entries: Entry[], size: number): Promise<Entry[]> {
  const taken: Entry[] = [];
  for (let at = 0; at < entries.length; at += size) {
    const part = entries.slice(at, at + size);
    const statement = CompiledQuery.raw(insertText(part));
    if (await inserted(db, { execute: () => tx.executeQuery(statement) })) continue;
    if (part.length === 1) taken.push(part[0]!);
    else taken.push(...(await insertInParts(db, tx, part, Math.ceil(part.length / 10))));
  }
  return taken;
}

/** The statement that records entries. */
export function insertText(entries: Entry[]): string {
  return INTO + entries.map(literals).join(",");
}

function literals(entry: Entry): string {
  const { partitionNo, epoch, n, i, campaignNo, prizeNo, revision, spaceNo, serial, timeMs } = entry;
  return `(${partitionNo},${epoch},${n},${i},${campaignNo},${prizeNo},${revision},${spaceNo},${serial},${timeMs},${text(entry.userId)},${bytes(entry.userHash)},${bytes(entry.requestHash)},${bytes(entry.requestFields)},${bytes(entry.addressHash)})`;
}

/** What has no meaning inside quotes stays readable; the rest goes as bytes. */
function text(value: string): string {
  return /^[\w.@:/+-]*$/.test(value) ? `'${value}'` : bytes(Buffer.from(value));
}

function bytes(value: Buffer | undefined): string {
  return value ? `X'${value.toString("hex")}'` : "NULL";
}
