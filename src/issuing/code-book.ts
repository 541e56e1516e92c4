import type { CodeSpace } from "../campaign/campaign.ts";
import { codec } from "../codes/codec.ts";
import { NO_CODES } from "../codes/format.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { CodeKey } from "../ledger/code-pools.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { ImportedCodes } from "./imported-codes.ts";
import { NextRun } from "./next-run.ts";

interface Entry {
  space: CodeSpace;
  /** Of a whole code, in code points. */
  totalLength: number;
  codec: ReturnType<typeof codec>;
}

type CodeLedger = Pick<Ledger, "codeSpaces" | "importedCodes" | "importedCode">;

/** Serials to codes and back, for every code space in use, and for imported codes. A space and its key never change. */
export class CodeBook {
  readonly #ledger: CodeLedger;
  readonly #secrets: Pick<Secrets, "unwrap">;
  readonly #entries = new Map<number, Entry>();
  readonly #imported: ImportedCodes;
  readonly #loading: NextRun;

  constructor(ledger: CodeLedger, secrets: Pick<Secrets, "unwrap">) {
    this.#ledger = ledger;
    this.#imported = new ImportedCodes(ledger);
    this.#secrets = secrets;
    this.#loading = new NextRun(async () => {
      for (const space of await ledger.codeSpaces()) this.add(space);
    });
  }

  /** Makes a space's codes available; a campaign's is added when the campaign is loaded. */
  add(space: CodeSpace): void {
    if (this.#entries.has(space.no) || space.length === NO_CODES.length) return;
    const { alphabet, length, prefix } = space;
    const key = this.#secrets.unwrap("code-space", space.wrappedKey);
    this.#entries.set(space.no, {
      space,
      totalLength: [...prefix].length + length,
      codec: codec({ alphabet, length, prefix }, key),
    });
  }

  /** The codes of serials of a space that was added; a promise where they were imported and have to be read. */
  encode(spaceNo: number, serials: number[]): string[] | Promise<string[]> {
    return this.#entries.get(spaceNo)?.codec.encode(serials) ?? this.#imported.of(serials);
  }

  /**
   * What a code would stand for: formats that could produce the same string, or one that was imported, are never in use together, so there is
   * one at most.
   */
  async decode(code: string): Promise<CodeKey | undefined> {
    const made = await this.#findMade(code);
    return made ?? this.#ledger.importedCode(code);
  }

  async #findMade(code: string): Promise<CodeKey | undefined> {
    const known = this.#find(code);
    if (known) return known;
    // It may be of a format that another server made a moment ago.
    await this.#loading.run();
    return this.#find(code);
  }

  #find(code: string): CodeKey | undefined {
    const totalLength = [...code].length;
    for (const { space, totalLength: length, codec } of this.#entries.values()) {
      if (length !== totalLength || !code.startsWith(space.prefix)) continue;
      const serial = codec.decode(code);
      if (serial !== undefined) return { spaceNo: space.no, serial };
    }
    return undefined;
  }
}
