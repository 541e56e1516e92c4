import { describe, expect, it } from "vitest";
import { DIGITS } from "./alphabet.ts";
import { DEFAULT_FORMAT, formatProblems, room, spaceSize } from "./format.ts";

describe("formatProblems", () => {
  it.each([
    ["the default", DEFAULT_FORMAT],
    ["the longest code", { alphabet: DIGITS, length: 64, prefix: "" }],
    ["the longest prefix", { alphabet: DIGITS, length: 32, prefix: "🍎".repeat(32) }],
    ["the shortest code", { alphabet: "01", length: 1, prefix: "여름-" }],
  ])("finds none in %s", (_, format) => {
    expect(formatProblems(format)).toEqual([]);
  });

  it.each([
    [{ length: 0 }, "length", "It must be a whole number from 1 to 64, not 0."],
    [{ length: -1 }, "length", "It must be a whole number from 1 to 64, not -1."],
    [{ length: 65 }, "length", "It must be a whole number from 1 to 64, not 65."],
    [{ length: 9.5 }, "length", "It must be a whole number from 1 to 64, not 9.5."],
    [{ length: Number.NaN }, "length", "It must be a whole number from 1 to 64, not NaN."],
    [
      { length: 60, prefix: "SALE-" },
      "length",
      "After a prefix of 5 characters it can be 59 at most, not 60.",
    ],
    [{ prefix: "A".repeat(33) }, "prefix", "There are more than 32 characters."],
    [{ prefix: "TWO WORDS" }, "prefix", "U+0020 is white space."],
    [
      { prefix: "e\u0301te" },
      "prefix",
      "U+0301 combines with the character before it; use composed characters (NFC).",
    ],
    [{ prefix: "A\ud800" }, "prefix", "U+D800 is half of a surrogate pair, not a character."],
    [{ alphabet: "AAB" }, "alphabet", 'U+0041 "A" is there twice, as symbols 1 and 2.'],
  ])("names the field in %o", (change, field, problem) => {
    expect(formatProblems({ ...DEFAULT_FORMAT, ...change })).toEqual([{ field, problem }]);
  });

  it("names every field that is wrong", () => {
    const problems = formatProblems({ alphabet: "A", length: 0, prefix: " " });
    expect(problems.map(({ field }) => field)).toEqual(["alphabet", "prefix", "length"]);
  });
});

describe("room", () => {
  const roomOf = (alphabet: string, length: number, allowGuessable: boolean) =>
    room({ alphabet, length, prefix: "" }, { allowGuessable });

  it("is a millionth of the space", () => {
    expect(room(DEFAULT_FORMAT, { allowGuessable: false })).toBe(1_125_899_906); // 32^10 = 1,125,899,906,842,624
    expect(roomOf(DIGITS, 7, false)).toBe(10);
    expect(roomOf(DIGITS, 6, false)).toBe(1);
    expect(roomOf("012345678", 6, false)).toBe(0);
  });

  it("is the whole space where codes may be guessed", () => {
    expect(roomOf(DIGITS, 6, true)).toBe(1_000_000);
    expect(roomOf("01", 1, true)).toBe(2);
  });

  it("is never above 2^48", () => {
    expect(roomOf("01", 47, true)).toBe(2 ** 47);
    expect(roomOf("01", 48, true)).toBe(2 ** 48);
    expect(roomOf("01", 49, true)).toBe(2 ** 48);
    expect(roomOf(DIGITS, 64, false)).toBe(2 ** 48);
  });
});

describe("spaceSize", () => {
  it("counts code points", () => {
    expect(spaceSize({ alphabet: "🍎🍐🍊", length: 40, prefix: "🍎" })).toBe(3n ** 40n);
  });
});
