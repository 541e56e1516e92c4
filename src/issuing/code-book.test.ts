import { expect, test } from "vitest";
import type { CodeSpace } from "../campaign/campaign.ts";
import { CodeBook } from "./code-book.ts";

const space = (no: number): CodeSpace => ({
  ...{ no, alphabet: "0123456789ABCDEF", length: 12, prefix: `${no}-` },
  wrappedKey: Buffer.alloc(32, no),
});

/** A book over a ledger that has spaces, and is slow to say so. */
function bookOver(spaces: CodeSpace[]) {
  const reads: PromiseWithResolvers<CodeSpace[]>[] = [];
  const ledger = {
    codeSpaces() {
      const read = Promise.withResolvers<CodeSpace[]>();
      reads.push(read);
      return read.promise;
    },
    importedCodes: async () => new Map(),
    importedCode: async () => undefined,
  };
  const secrets = { unwrap: (_: string, wrapped: Uint8Array) => Buffer.from(wrapped) };
  const book = new CodeBook(ledger, secrets);
  const writer = new CodeBook(ledger, secrets);
  for (const one of spaces) writer.add(one);
  const code = async (spaceNo: number, serial: number) => (await writer.encode(spaceNo, [serial]))[0]!;
  return { book, reads, code };
}

test("many who ask about codes of a space that was made elsewhere all find it, by one look into the ledger", async () => {
  const { book, reads, code } = bookOver([space(1)]);
  const codes = await Promise.all(Array.from({ length: 50 }, (_, serial) => code(1, serial)));
  const found = codes.map((one) => book.decode(one));
  reads[0]!.resolve([]);
  await expect.poll(() => reads.length).toBe(2);
  reads[1]!.resolve([space(1)]);
  const [first, ...rest] = await Promise.all(found);
  // Who came before the space was made.
  expect(first).toBeUndefined();
  expect(rest).toEqual(Array.from({ length: 49 }, (_, i) => ({ spaceNo: 1, serial: i + 1 })));
  expect(reads).toHaveLength(2);
});
