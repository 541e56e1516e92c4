import { FF1 } from "@noble/ciphers/ff1.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BASE32, DIGITS } from "./alphabet.ts";
import { codec } from "./codec.ts";
import { type CodeFormat, DEFAULT_FORMAT, room } from "./format.ts";

const key = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
const hangul = String.fromCodePoint(...Array.from({ length: 0xd7a3 - 0xac00 + 1 }, (_, i) => 0xac00 + i));
const fraktur = String.fromCodePoint(...Array.from({ length: 26 }, (_, i) => 0x1d586 + i));

/** Formats of all sizes: tables, narrow and wide halves, symbols of one UTF-16 unit and of two. */
const someFormat: fc.Arbitrary<CodeFormat> = fc
  .record({
    alphabet: fc.oneof(
      fc.constantFrom(BASE32, DIGITS, hangul + DIGITS, fraktur, `${fraktur}가${DIGITS}`),
      fc.shuffledSubarray([...BASE32, ...fraktur], { minLength: 2 }).map((symbols) => symbols.join("")),
    ),
    length: fc.integer({ min: 1, max: 32 }),
    prefix: fc.string({ unit: fc.constantFrom("A", "-", "가", "🍎", "7"), maxLength: 32 }),
  })
  // A table of many values takes a while to shuffle.
  .filter(({ alphabet, length }) => {
    const size = [...alphabet].length ** length;
    return size < 20_000 || size >= 1_000_000;
  });

const someSerials = (format: CodeFormat) => {
  const max = room(format, { allowGuessable: true }) - 1;
  return fc.array(fc.oneof(fc.integer({ min: 0, max: Math.min(max, 1000) }), fc.integer({ min: 0, max })), {
    minLength: 1,
    maxLength: 20,
  });
};

const formatAndSerials = someFormat.chain((format) => fc.tuple(fc.constant(format), someSerials(format)));

describe("codec", () => {
  it("gives codes of the format and leads back to the serial", () => {
    fc.assert(
      fc.property(formatAndSerials, ([format, serials]) => {
        const { encode, decode } = codec(format, key);
        const codes = encode(serials);
        const symbols = new Set(format.alphabet);
        for (const code of codes) {
          expect(code.startsWith(format.prefix)).toBe(true);
          const drawn = [...code.slice(format.prefix.length)];
          expect(drawn).toHaveLength(format.length);
          expect(drawn.every((symbol) => symbols.has(symbol))).toBe(true);
          expect(code.normalize("NFC")).toBe(code);
        }
        expect(codes.map(decode)).toEqual(serials);
      }),
      { numRuns: 200 },
    );
  });

  it("gives the same codes one by one", () => {
    fc.assert(
      fc.property(formatAndSerials, ([format, serials]) => {
        const { encode } = codec(format, key);
        expect(serials.flatMap((serial) => encode([serial]))).toEqual(encode(serials));
      }),
    );
  });

  it("serves Hangul syllables and digits at length 10", () => {
    const format = { alphabet: hangul + DIGITS, length: 10, prefix: "" };
    const { encode, decode } = codec(format, key);
    const serials = [...Array(1000).keys(), 2 ** 32, 2 ** 48 - 1];
    const codes = encode(serials);
    expect(new Set(codes).size).toBe(serials.length);
    expect(codes[0]).toMatch(/^[가-힣0-9]{10}$/u);
    expect(codes.map(decode)).toEqual(serials);
  });

  it("is FF1 of the serial's numerals, so that anyone with the key can check a code", () => {
    const serials = [0, 1, 31, 32, 1_000_000, 2 ** 48 - 1];
    const other = FF1(32, key);
    const expected = serials.map((serial) => {
      const numerals = Array.from({ length: 10 }, (_, i) => Math.floor(serial / 32 ** (9 - i)) % 32);
      return other
        .encrypt(numerals)
        .map((numeral) => BASE32[numeral])
        .join("");
    });
    expect(codec(DEFAULT_FORMAT, key).encode(serials)).toEqual(expected);
  });

  it("gives out a whole small space without a repeat", () => {
    const { encode, decode } = codec({ alphabet: "🍎🍐🍊", length: 6, prefix: "F-" }, key);
    const serials = [...Array(3 ** 6).keys()];
    const codes = encode(serials);
    expect(new Set(codes).size).toBe(3 ** 6);
    expect(codes.map(decode)).toEqual(serials);
  });

  it("finds no serial in what is no code", () => {
    const { encode, decode } = codec({ ...DEFAULT_FORMAT, prefix: "S-" }, key);
    const [code] = encode([42]) as [string];
    expect(decode(code)).toBe(42);
    for (const other of [
      "",
      "S-",
      code.slice(1),
      code.slice(2),
      code.slice(0, -1),
      `${code}2`,
      ` ${code}`,
      `${code}\n`,
      code.toLowerCase(),
      code.replace("S-", "s-"),
      code.replace("S-", "T-"),
      `S-${"0".repeat(10)}`,
      `S-${code.slice(3)}\ud83c`,
      `S-${code.slice(3)}\u0301`,
      "S-".repeat(100_000),
    ]) {
      expect(decode(other), other.slice(0, 40)).toBeUndefined();
    }
  });

  it("finds no serial in a code that was never to be given out", () => {
    const format = { alphabet: DIGITS, length: 30, prefix: "" };
    const { encode, decode } = codec(format, key);
    const decoded = fc
      .sample(fc.string({ unit: fc.constantFrom(...DIGITS), minLength: 30, maxLength: 30 }), 200)
      .map(decode);
    // 2^48 of 10^30 strings are codes.
    expect(decoded.filter((serial) => serial !== undefined)).toEqual([]);
    expect(encode([2 ** 48 - 1]).map(decode)).toEqual([2 ** 48 - 1]);
  });

  it("says the same of every string of a small space, whether it is written or read", () => {
    const { encode, decode } = codec({ alphabet: "abc", length: 4, prefix: "" }, key);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."abcd"), maxLength: 5 }), (text) => {
        const serial = decode(text);
        expect(serial === undefined).toBe(!/^[abc]{4}$/.test(text));
        if (serial !== undefined) expect(encode([serial])).toEqual([text]);
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 48])("refuses the serial %d", (serial) => {
    expect(() => codec(DEFAULT_FORMAT, key).encode([0, serial])).toThrow("is no serial");
  });

  it("refuses a serial beyond a small space", () => {
    const { encode } = codec({ alphabet: DIGITS, length: 3, prefix: "" }, key);
    expect(encode([999])).toHaveLength(1);
    expect(() => encode([1000])).toThrow("1000 is no serial of a space with 1000");
  });

  it("refuses a format with problems", () => {
    expect(() => codec({ ...DEFAULT_FORMAT, alphabet: "AA" }, key)).toThrow(
      'alphabet: U+0041 "A" is there twice',
    );
  });
});
