import { expect, test } from "vitest";
import { ImportedCodes } from "./imported-codes.ts";

/** A table of codes that counts how often it is read, and can be away. */
function table(codes: Map<number, string>) {
  const read: number[] = [];
  const state = { isAway: false };
  return {
    codes,
    read,
    state,
    async importedCodes(first: number, size: number) {
      read.push(first);
      if (state.isAway) throw new Error("away");
      return new Map([...codes].filter(([serial]) => serial >= first && serial < first + size));
    },
  };
}

const numbered = (from: number, to: number) =>
  new Map(Array.from({ length: to - from }, (_, i) => [from + i, `code-${from + i}`]));

test("ascending serials are read by parts, the next one ahead, and then at hand", async () => {
  const ledger = table(numbered(0, 20_000));
  const imported = new ImportedCodes(ledger);
  expect(await imported.of([0, 5])).toEqual(["code-0", "code-5"]);
  expect(imported.of([1, 4_095])).toEqual(["code-1", "code-4095"]);
  await expect.poll(() => ledger.read).toEqual([0, 4_096]);
  ledger.state.isAway = true;
  expect(imported.of([4_095, 8_191])).toEqual(["code-4095", "code-8191"]);
});

test("one that has to be read while the ledger is away fails, and is told when it is back", async () => {
  const ledger = table(numbered(0, 10));
  const imported = new ImportedCodes(ledger);
  ledger.state.isAway = true;
  await expect(imported.of([3])).rejects.toThrow("away");
  ledger.state.isAway = false;
  expect(await imported.of([3])).toEqual(["code-3"]);
});

test("a part that was read before its last codes came is read again", async () => {
  const ledger = table(numbered(0, 10));
  const imported = new ImportedCodes(ledger);
  await imported.of([0]);
  for (const [serial, code] of numbered(10, 20)) ledger.codes.set(serial, code);
  expect(await imported.of([9, 12])).toEqual(["code-9", "code-12"]);
  expect(imported.of([19])).toEqual(["code-19"]);
});

test("those who ask for one part at once read it once, and a serial without a code is told from the others", async () => {
  const ledger = table(numbered(0, 10));
  const imported = new ImportedCodes(ledger);
  await Promise.all([imported.of([1]), imported.of([2]), imported.of([3])]);
  expect(ledger.read.filter((first) => first === 0)).toHaveLength(1);
  await expect(imported.of([77])).rejects.toThrow("without a code");
});

test("parts that were used longest ago make room", async () => {
  const ledger = table(new Map());
  const imported = new ImportedCodes(ledger);
  for (let part = 0; part < 70; part++) {
    ledger.codes.set(part * 4_096, `part-${part}`);
    await imported.of([part * 4_096]);
  }
  expect(imported.of([69 * 4_096])).toEqual(["part-69"]);
  expect(imported.of([0])).toBeInstanceOf(Promise);
});
