import { describe, expect, it } from "vitest";
import { alphabetProblem, BASE32, DIGITS, symbolProblem } from "./alphabet.ts";

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).join("");

describe("alphabetProblem", () => {
  it.each([
    ["digits", DIGITS],
    ["base32", BASE32],
    ["Hangul syllables and digits", range(0xac00, 0xd7a3) + DIGITS],
    ["letters beyond the first plane", range(0x1d400, 0x1d41f)],
    ["emoji", "🍎🍐🍊🍋"],
    ["two symbols", "01"],
    ["65,536 symbols", range(0x3400, 0x4dbf) + range(0x4e00, 0x9fff) + range(0x20000, 0x2943f)],
  ])("takes %s", (_, alphabet) => {
    expect(alphabetProblem(alphabet)).toBeUndefined();
  });

  it.each([
    ["nothing", "", "At least 2 different symbols are needed, not 0."],
    ["one symbol", "가", "At least 2 different symbols are needed, not 1."],
    ["a repeat", "0123A5A", 'U+0041 "A" is there twice, as symbols 5 and 7.'],
    ["a repeat beyond the first plane", "🍎🍐🍎", 'U+1F34E "🍎" is there twice, as symbols 1 and 3.'],
    [
      "65,537 symbols",
      range(0x3400, 0x4dbf) + range(0x4e00, 0x9fff) + range(0x20000, 0x29440),
      "There are more than 65536 symbols.",
    ],
    [
      "a combining mark",
      "abe\u0301",
      "U+0301 combines with the character before it; use composed characters (NFC).",
    ],
    [
      "decomposed Hangul",
      "가나".normalize("NFD"),
      'U+1161 "ᅡ" combines with the character before it; use composed characters (NFC).',
    ],
    [
      "what NFC replaces",
      "AB\u212b",
      'U+212B "\u212b" turns into U+00C5 "\u00c5" when normalised (NFC); use that instead.',
    ],
    ["a high surrogate alone", "AB\ud83c", "U+D83C is half of a surrogate pair, not a character."],
    ["a low surrogate alone", "\udf4eAB", "U+DF4E is half of a surrogate pair, not a character."],
    ["a space", "AB C", "U+0020 is white space."],
    ["a line end", "AB\n", "U+000A is white space."],
    ["an ideographic space", "가\u3000나", "U+3000 is white space."],
    ["a control character", "AB\u0000", "U+0000 is invisible."],
    ["a joiner", "AB\u200d", "U+200D is invisible."],
    ["a Hangul filler", "가\u3164", "U+3164 is invisible."],
    ["a private character", "AB\ue000", "U+E000 is not an assigned Unicode character."],
    ["a noncharacter", "AB\uffff", "U+FFFF is not an assigned Unicode character."],
  ])("refuses %s", (_, alphabet, problem) => {
    expect(alphabetProblem(alphabet)).toBe(problem);
  });
});

describe("symbolProblem", () => {
  // Whatever NFC composes has a canonical decomposition, whose last code point is the one that joins.
  it("refuses everything that joins the character before it, in all of Unicode", () => {
    const joining = new Set<string>();
    for (let point = 0; point <= 0x10ffff; point++) {
      const symbol = String.fromCodePoint(point);
      const parts = [...symbol.normalize("NFD")];
      if (parts.length > 1 && parts.join("").normalize("NFC") === symbol) joining.add(parts.at(-1)!);
    }
    expect(joining.size).toBeGreaterThan(60);
    expect([...joining].filter((symbol) => !symbolProblem(symbol))).toEqual([]);
  });
});

describe("the presets", () => {
  it("have 32 and 10 symbols, none of them to be taken for another", () => {
    expect([...BASE32]).toHaveLength(32);
    expect([...DIGITS]).toHaveLength(10);
    expect(BASE32).not.toMatch(/[01IOa-z]/);
  });
});
