import type { Ledger } from "../ledger/ledger.ts";

const partSize = 4_096;
/** At some 100 bytes a code, about 25 MB. */
const partsMax = 64;

type Part = Map<number, string>;

/**
 * What imported serials stand for. They are handed out in ascending order, so they are read by parts, the next one ahead of need: assigning
 * goes on for a while when the ledger is away.
 */
export class ImportedCodes {
  readonly #ledger: Pick<Ledger, "importedCodes">;
  /** The one that was used longest ago comes first. */
  readonly #parts = new Map<number, Part>();
  readonly #reading = new Map<number, Promise<Part>>();

  constructor(ledger: Pick<Ledger, "importedCodes">) {
    this.#ledger = ledger;
  }

  /** At once where they are at hand. Rejects with LedgerUnavailable where they have to be read and can't be. */
  of(serials: number[]): string[] | Promise<string[]> {
    const codes: string[] = [];
    for (const serial of serials) {
      const code = this.#atHand(serial);
      if (code === undefined) return this.#read(serials);
      codes.push(code);
    }
    this.#readAhead(serials);
    return codes;
  }

  #atHand(serial: number): string | undefined {
    const no = partOf(serial);
    const part = this.#parts.get(no);
    if (!part) return undefined;
    this.#parts.delete(no);
    this.#parts.set(no, part);
    return part.get(serial);
  }

  async #read(serials: number[]): Promise<string[]> {
    const parts = new Map<number, Part>();
    for (const [no, wanted] of Map.groupBy(serials, partOf)) {
      const hasAll = (part: Part) => wanted.every((serial) => part.has(serial));
      let part = this.#parts.get(no) ?? (await this.#readPart(no));
      // It was read, or began to be, before its last codes came.
      if (!hasAll(part)) part = await this.#readPart(no);
      parts.set(no, part);
    }
    this.#readAhead(serials);
    return serials.map((serial) => {
      const code = parts.get(partOf(serial))!.get(serial);
      if (code === undefined) throw new Error("a serial without a code was handed out");
      return code;
    });
  }

  #readAhead(serials: number[]): void {
    const next = partOf(serials.at(-1)!) + 1;
    if (this.#parts.has(next) || this.#reading.has(next)) return;
    // What can't be read ahead is read when it is needed.
    this.#readPart(next).catch(() => {});
  }

  #readPart(no: number): Promise<Part> {
    let reading = this.#reading.get(no);
    if (!reading) {
      reading = this.#fetch(no);
      this.#reading.set(no, reading);
    }
    return reading;
  }

  async #fetch(no: number): Promise<Part> {
    try {
      const part = await this.#ledger.importedCodes(no * partSize, partSize);
      this.#parts.delete(no);
      this.#parts.set(no, part);
      if (this.#parts.size > partsMax) this.#parts.delete(this.#parts.keys().next().value!);
      return part;
    } finally {
      this.#reading.delete(no);
    }
  }
}

const partOf = (serial: number) => Math.floor(serial / partSize);
