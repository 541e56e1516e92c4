import type { Statements } from "./statements.ts";

/** Twelve bits of a hash choose the bucket: some rows of each page of a table with a million. */
const bucketCount = 4_096;
/** Rows that wait for their neighbours: more make fewer pages to write, and longer reads for those who look for recent entries. */
const rowsKept = 32_768;

/** What a key has got: how many, and the last one's serial, time and (of a request) fields. */
export interface Counted {
  count: number;
  serial: number;
  timeMs: number;
  fields: Uint8Array | undefined;
}

interface Row {
  hash: Buffer;
  campaignNo: number;
  n: number;
  i: number;
}

/** Of the hashes that begin alike. `movedN`: up to this batch all their rows are in the table. */
interface Bucket {
  rows: Row[];
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

  /** Undefined: nothing recent was counted under the key, and the table is to be asked. */
  counted(family: string, hash: Buffer): Counted | undefined {
    return this.#bucketOf(hash).counted.get(family + hash.toString("latin1"));
  }

  count(family: string, hash: Buffer, counted: Counted): void {
    this.#bucketOf(hash).counted.set(family + hash.toString("latin1"), counted);
  }

  add(hash: Buffer, campaignNo: number, n: number, i: number): void {
    this.#bucketOf(hash).rows.push({ hash, campaignNo, n, i });
    this.#rows++;
  }

  /** Moves what is above the bound, with the batch `n` as the last one. Returns the number up to which no row is missing. */
  move(n: number): number {
    while (this.#rows > rowsKept) {
      const bucket = this.#buckets[this.#next]!;
      // In the order of the table: neighbours are in the processor's cache.
      for (const row of bucket.rows.sort((a, b) => a.hash.compare(b.hash))) {
        this.#sql.addHash(row.hash, row.campaignNo, this.#epoch, row.n, row.i);
      }
      this.#rows -= bucket.rows.length;
      this.#buckets[this.#next] = { rows: [], counted: new Map(), movedN: n };
      this.#next = (this.#next + 1) % bucketCount;
    }
    return this.#buckets[this.#next]!.movedN;
  }

  #bucketOf(hash: Buffer): Bucket {
    return this.#buckets[(hash[0]! << 4) | (hash[1]! >> 4)]!;
  }
}
