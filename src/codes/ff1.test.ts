import { createCipheriv } from "node:crypto";
import { FF1 } from "@noble/ciphers/ff1.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../test/vectors/ff1.json" with { type: "json" };
import { ff1 } from "./ff1.ts";

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const key = fc.constantFrom(16, 24, 32).chain((size) => bytes(size));

/** Rows of random numerals in a space FF1 is allowed on: narrow and wide halves, one block and several. */
const batch = (radixes: fc.Arbitrary<number>, maxLength: number) =>
  radixes
    .chain((radix) => {
      const shortest = Math.ceil(Math.log(1_000_000) / Math.log(radix) - 1e-9);
      const length = fc.integer({ min: shortest, max: Math.max(shortest, maxLength) });
      return fc.record({ radix: fc.constant(radix), length, key, tweak: bytes(0, 40) });
    })
    .chain((spec) => {
      const numeral = fc.integer({ min: 0, max: spec.radix - 1 });
      const row = fc.array(numeral, { minLength: spec.length, maxLength: spec.length });
      return fc.record({ spec: fc.constant(spec), rows: fc.array(row, { minLength: 1, maxLength: 12 }) });
    });
const anyRadix = fc.oneof(fc.integer({ min: 2, max: 64 }), fc.integer({ min: 2, max: 65_535 }));

describe("ff1", () => {
  it.each(vectors.samples)("gives NIST's sample $sample and takes it back", (sample) => {
    const numerals = (text: string) => Uint16Array.from(text, (digit) => Number.parseInt(digit, 36));
    const permutation = ff1({
      radix: sample.radix,
      length: sample.plaintext.length,
      key: Buffer.from(sample.key, "hex"),
      tweak: Buffer.from(sample.tweak, "hex"),
    });
    const row = numerals(sample.plaintext);
    permutation.encrypt(row);
    expect(row).toEqual(numerals(sample.ciphertext));
    permutation.decrypt(row);
    expect(row).toEqual(numerals(sample.plaintext));
  });

  it("agrees with a second implementation on whole batches, both ways", () => {
    fc.assert(
      fc.property(batch(anyRadix, 64), ({ spec, rows }) => {
        const other = FF1(spec.radix, spec.key, spec.tweak);
        const permutation = ff1(spec);
        const numerals = Uint16Array.from(rows.flat());
        permutation.encrypt(numerals);
        expect([...numerals]).toEqual(rows.flatMap((row) => other.encrypt(row)));
        numerals.set(rows.flat());
        permutation.decrypt(numerals);
        expect([...numerals]).toEqual(rows.flatMap((row) => other.decrypt(row)));
      }),
      { numRuns: 300 },
    );
  });

  it("agrees with the standard's text at radix 65,536, which the second implementation lacks", () => {
    fc.assert(
      fc.property(batch(fc.constant(65_536), 20), ({ spec, rows }) => {
        const numerals = Uint16Array.from(rows.flat());
        const permutation = ff1(spec);
        permutation.encrypt(numerals);
        expect([...numerals]).toEqual(rows.flatMap((row) => byTheBook(spec, row)));
        permutation.decrypt(numerals);
        expect([...numerals]).toEqual(rows.flat());
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [{ radix: 10, length: 5 }, "at least 1000000 values"],
    [{ radix: 65_536, length: 1 }, "at least 1000000 values"],
    [{ radix: 10, length: 6.5 }, "at least 1000000 values"],
    [{ radix: 1, length: 64 }, "a radix from 2 to 65536"],
    [{ radix: 65_537, length: 4 }, "a radix from 2 to 65536"],
    [{ radix: 10, length: 10, key: Buffer.alloc(20) }, "16, 24 or 32 bytes"],
  ])("refuses %o", (spec, message) => {
    expect(() => ff1({ key: Buffer.alloc(16), ...spec })).toThrow(message);
  });
});

/** NIST SP 800-38G, algorithm 7, step by step for one row. */
function byTheBook(
  spec: { radix: number; length: number; key: Uint8Array; tweak: Uint8Array },
  row: number[],
): number[] {
  const { radix, length: n, key, tweak } = spec;
  const ciph = (block: Uint8Array) =>
    createCipheriv(`aes-${key.length * 8}-ecb`, key, null)
      .setAutoPadding(false)
      .update(block);
  const num = (numerals: number[]) =>
    numerals.reduce((x, numeral) => x * BigInt(radix) + BigInt(numeral), 0n);
  const bytesOf = (value: bigint | number, count: number) =>
    Buffer.from(value.toString(16).padStart(count * 2, "0"), "hex");
  const u = Math.floor(n / 2);
  const v = n - u;
  let [a, b] = [row.slice(0, u), row.slice(u)];
  const bytesB = Math.ceil(Math.ceil(v * Math.log2(radix)) / 8);
  const d = 4 * Math.ceil(bytesB / 4) + 4;
  const p = Buffer.concat([
    Buffer.from([1, 2, 1]),
    bytesOf(radix, 3),
    Buffer.from([10, u % 256]),
    bytesOf(n, 4),
    bytesOf(tweak.length, 4),
  ]);
  for (let i = 0; i < 10; i++) {
    const padding = Buffer.alloc((((-tweak.length - bytesB - 1) % 16) + 16) % 16);
    const q = Buffer.concat([tweak, padding, bytesOf(i, 1), bytesOf(num(b), bytesB)]);
    let r = Buffer.alloc(16);
    for (const input = Buffer.concat([p, q]), at = { now: 0 }; at.now < input.length; at.now += 16) {
      r = ciph(r.map((byte, j) => byte ^ input[at.now + j]!));
    }
    const s = [r];
    for (let j = 1; s.length * 16 < d; j++) s.push(ciph(r.map((byte, k) => byte ^ bytesOf(j, 16)[k]!)));
    const m = i % 2 === 0 ? u : v;
    let c = (num(a) + BigInt(`0x${Buffer.concat(s).toString("hex", 0, d)}`)) % BigInt(radix) ** BigInt(m);
    const numerals: number[] = [];
    for (let k = 0; k < m; k++) {
      numerals.unshift(Number(c % BigInt(radix)));
      c /= BigInt(radix);
    }
    [a, b] = [b, numerals];
  }
  return [...a, ...b];
}
