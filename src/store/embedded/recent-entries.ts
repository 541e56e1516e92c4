import type { Parameter } from "./parameter.ts";
import type { Statements } from "./statements.ts";

/** Twelve bits of a hash choose the bucket: some rows of each page of a table with a million. */
const bucketCount = 4_096;
/** Rows that wait for their neighbours: more make fewer pages to write, and longer reads for those who look for recent entries. */
const rowsKept = 32_768;
/** Hash, campaign, number and index. */
const rowValues = 4;

/** What a key has got: how many, and what the last one was; `fields`: of a request. */
export interface Counted {
  count: number;
  serial: number | undefined;
  number: number;
  timeMs: number;
  fields: Uint8Array | undefined;
}

/** Of the hashes that begin alike. `movedN`: up to this batch all their rows are in the table. */
interface Bucket {
  /** What waits, row after row: hash, campaign, number and index. */
  rows: Parameter[];
  counted: Map<string, Counted>;
  movedN: number;
}

/**
 * Entries of this epoch that are not in entry_by_hash yet, and what was counted by them. Hashes fall all over that table, and a page
 * written for each would cost more than everything else; so rows wait here for others of the same page, and move bucket by bucket, as
 * many in a transaction as it adds. Only memory: the entries themselves are in the file, and the next start finds those missing.
 */
export class RecentEntries {
  readonly #sql: Statements;
  readonly #epoch: number;
  readonly #buckets: Bucket[];
  /** The bucket that moves next: the one that has waited longest. */
  #next = 0;
  #rows = 0;

  /** From `n` on; all before are in the table. */
  constructor(sql: Statements, epoch: number, n: number) {
    this.#sql = sql;
    this.#epoch = epoch;
    this.#buckets = Array.from({ length: bucketCount }, () => ({ rows: [], counted: new Map(), movedN: n }));
  }

  /** By a key that begins with the hash, in Latin-1. Undefined: nothing recent was counted under it, and the table is to be asked. */
  counted(key: string): Counted | undefined {
    return this.#bucketOf(key.charCodeAt(0), key.charCodeAt(1)).counted.get(key);
  }

  count(key: string, counted: Counted): void {
    this.#bucketOf(key.charCodeAt(0), key.charCodeAt(1)).counted.set(key, counted);
  }

  add(hash: Buffer, campaignNo: number, n: number, i: number): void {
    this.#bucketOf(hash[0]!, hash[1]!).rows.push(hash, campaignNo, n, i);
    this.#rows++;
  }

  /** Moves what is above the bound, with the batch `n` as the last one. Returns the number up to which no row is missing. */
  move(n: number): number {
    const moving: Parameter[] = [];
    while (this.#rows > rowsKept) {
      const { rows } = this.#buckets[this.#next]!;
      for (let at = 0; at < rows.length; at++) moving.push(rows[at]!);
      this.#rows -= rows.length / rowValues;
      this.#buckets[this.#next] = { rows: [], counted: new Map(), movedN: n };
      this.#next = (this.#next + 1) % bucketCount;
    }
    this.#sql.addHashes([this.#epoch], moving);
    return this.#buckets[this.#next]!.movedN;
  }

  /** Moves what waits beside a hash, at once, so that what is counted under it is asked of the table again. */
  settle(hash: Uint8Array): void {
    const bucket = this.#bucketOf(hash[0]!, hash[1]!);
    this.#sql.addHashes([this.#epoch], bucket.rows);
    this.#rows -= bucket.rows.length / rowValues;
    bucket.rows = [];
    // movedN stays: those that have waited longer are told by it.
    bucket.counted.clear();
  }

  #bucketOf(first: number, second: number): Bucket {
    return this.#buckets[(first << 4) | (second >> 4)]!;
  }
}
