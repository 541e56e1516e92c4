import { readFileSync } from "node:fs";
import type { WhoCursor } from "../../packed-who.ts";
import { type PlacedRun, type Rows, whoAt } from "../../rows.ts";

const into = readFileSync(new URL("./insert-entries.sql", import.meta.url), "utf8").replace(/^--.*\n/gm, "");

/** A quarter of the smallest max_allowed_packet that was ever a default; beyond some hundred rows, more of them gain nothing. */
const textBytes = 256 * 1024;
/** Of a row without its user id, at most: twelve numbers, four hashes and what is between them. */
const restBytes = 320;

const comma = 0x2c;
const quote = 0x27;
const zero = 0x30;
const digits = Buffer.from("0123456789abcdef");
const null_ = Buffer.from("NULL");
/** What has no meaning inside quotes, in any character set: other user ids go as hexadecimal. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w.@:/+-]/.test(String.fromCharCode(byte)) && byte < 128 ? 1 : 0,
);

/**
 * Writes INSERT statements for rows into one buffer that is used again and again: built from strings, a statement costs several times
 * as much, and leaves all of them behind.
 */
export class InsertText {
  readonly #bytes = Buffer.allocUnsafeSlow(textBytes);
  #end = 0;

  /** The statement for rows `from` up to, but not with, `to`, or for as many of them as fit: at least one. */
  write(rows: Rows, from: number, to: number): { text: string; to: number } {
    this.#end = this.#bytes.write(into, 0, "latin1");
    let row = from;
    for (let at = rows.runs.findLastIndex((placed) => placed.row <= from); row < to; at++) {
      const placed = rows.runs[at]!;
      const end = Math.min(to, placed.row + placed.run.size);
      row = this.#run(rows.partitionNo, placed, row, end);
      if (row < end) break;
    }
    return { text: this.#bytes.toString("latin1", 0, this.#end - 1), to: row };
  }

  /** Rows of one run, as many as fit; returns the first that was not written. */
  #run(partitionNo: number, { batch, run, row: first }: PlacedRun, from: number, end: number): number {
    const { epoch, n, timeMs } = batch;
    const { campaignNo, revision, spaceNo, prizeNo, number, drawnNo = "NULL", serial } = run;
    const same = `(${partitionNo},${epoch},${n},${timeMs},${campaignNo},${revision},${spaceNo},${prizeNo},${number},${drawnNo},`;
    let sameAt = -1;
    let row = from;
    for (const who = whoAt(run, row - first); ; who.next()) {
      if (this.#end + restBytes + 2 * (who.end - who.userIdAt) > textBytes) break;
      if (sameAt < 0) {
        sameAt = this.#end;
        this.#end += this.#bytes.write(same, sameAt, "latin1");
      } else {
        this.#copy(this.#bytes, sameAt, same.length);
      }
      this.#number(run.i + row - first);
      this.#byte(comma);
      if (serial === undefined) this.#copy(null_, 0, null_.length);
      else this.#number(serial + row - first);
      this.#who(who);
      if (++row === end) break;
    }
    return row;
  }

  /** The columns of who it went to, the end of the row and a comma. */
  #who({ bytes, userHashAt, requestAt, addressAt, userIdAt, end }: WhoCursor): void {
    this.#byte(comma);
    this.#text(bytes, userIdAt, end);
    this.#byte(comma);
    this.#hex(bytes, userHashAt, userHashAt + 16);
    this.#byte(comma);
    this.#hexOrNull(bytes, requestAt, 16);
    this.#byte(comma);
    this.#hexOrNull(bytes, requestAt === 0 ? 0 : requestAt + 16, 8);
    this.#byte(comma);
    this.#hexOrNull(bytes, addressAt, 16);
    this.#byte(0x29);
    this.#byte(comma);
  }

  #byte(byte: number): void {
    this.#bytes[this.#end++] = byte;
  }

  #copy(from: Uint8Array, at: number, size: number): void {
    const to = this.#bytes;
    let end = this.#end;
    for (let i = at; i < at + size; i++) to[end++] = from[i]!;
    this.#end = end;
  }

  #number(value: number): void {
    let size = 1;
    for (let power = 10; power <= value; power *= 10) size++;
    let rest = value;
    for (let at = this.#end + size - 1; at >= this.#end; at--) {
      const less = Math.floor(rest / 10);
      this.#bytes[at] = zero + rest - 10 * less;
      rest = less;
    }
    this.#end += size;
  }

  #text(from: Buffer, at: number, end: number): void {
    let plain = at;
    while (plain < end && isPlain[from[plain]!] === 1) plain++;
    if (plain < end) {
      this.#hex(from, at, end);
    } else {
      this.#byte(quote);
      this.#copy(from, at, end - at);
      this.#byte(quote);
    }
  }

  #hexOrNull(from: Buffer, at: number, size: number): void {
    if (at === 0) this.#copy(null_, 0, null_.length);
    else this.#hex(from, at, at + size);
  }

  #hex(from: Buffer, at: number, end: number): void {
    this.#byte(0x58);
    this.#byte(quote);
    const to = this.#bytes;
    let next = this.#end;
    for (let i = at; i < end; i++) {
      const byte = from[i]!;
      to[next++] = digits[byte >> 4]!;
      to[next++] = digits[byte & 15]!;
    }
    this.#end = next;
    this.#byte(quote);
  }
}
