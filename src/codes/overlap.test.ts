import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CodeFormat } from "./format.ts";
import { overlaps, sameSpace } from "./overlap.ts";

const format = (alphabet: string, length: number, prefix = ""): CodeFormat => ({ alphabet, length, prefix });

const tinyFormat = fc.record({
  alphabet: fc.subarray([..."ab🍎c"], { minLength: 2, maxLength: 3 }).map((symbols) => symbols.join("")),
  length: fc.integer({ min: 1, max: 4 }),
  prefix: fc.string({ unit: fc.constantFrom(..."ab🍎"), maxLength: 3 }),
});

/** Every string a format can produce. */
function strings({ alphabet, length, prefix }: CodeFormat): Set<string> {
  let all = [prefix];
  for (let i = 0; i < length; i++)
    all = all.flatMap((start) => [...alphabet].map((symbol) => start + symbol));
  return new Set(all);
}

describe("overlaps", () => {
  it("is true exactly where two spaces have a string in common", () => {
    let overlapping = 0;
    fc.assert(
      fc.property(tinyFormat, tinyFormat, (a, b) => {
        const common = !sameSpace(a, b) && !strings(a).isDisjointFrom(strings(b));
        if (common) overlapping += 1;
        expect(overlaps(a, b)).toBe(common);
        expect(overlaps(b, a)).toBe(common);
      }),
      { numRuns: 3000 },
    );
    expect(overlapping).toBeGreaterThan(100);
  });

  it.each([
    ["the same symbols in another order", format("0123", 6), format("3210", 6), true],
    ["one common symbol", format("0123", 6), format("3456", 6), true],
    ["a prefix that the other may draw", format("0123", 6), format("0123", 4, "12"), true],
    ["no common symbol", format("0123", 6), format("4567", 6), false],
    ["another total length", format("0123", 6), format("0123", 5), false],
    ["a prefix that the other can't draw", format("0123", 6), format("0123", 4, "1-"), false],
    ["prefixes that differ", format("0123", 6, "A"), format("0123", 6, "B"), false],
    ["other symbols after a common prefix", format("0123", 6, "A"), format("4567", 6, "A"), false],
    ["lengths equal in UTF-16 only", format("🍎🍐", 2), format("🍎🍐ab", 4), false],
    ["the same space", format("0123", 6, "A"), format("0123", 6, "A"), false],
  ])("knows %s", (_, a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
  });
});

describe("sameSpace", () => {
  it("is told by alphabet, length and prefix together", () => {
    const space = format("0123", 6, "A");
    expect(sameSpace(space, { ...space })).toBe(true);
    expect(sameSpace(space, { ...space, alphabet: "0132" })).toBe(false);
    expect(sameSpace(space, { ...space, length: 7 })).toBe(false);
    expect(sameSpace(space, { ...space, prefix: "B" })).toBe(false);
  });
});
