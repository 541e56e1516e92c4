import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keyedHash } from "./keyed-hash.ts";

const key = Buffer.alloc(32, 7);
const anyPart = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);

test("is the first half of SHA-256 over the key and each part behind its length", () => {
  const expected = createHash("sha256")
    .update(key)
    .update(Buffer.from([0, 0, 0, 5]))
    .update("héll")
    .update(Buffer.from([0, 0, 0, 2, 1, 2]))
    .digest()
    .subarray(0, 16);
  expect(keyedHash(key, ["héll", Buffer.from([1, 2])])).toEqual(expected);
});

test("different keys and different lists of parts have different hashes", () => {
  expect(keyedHash(randomBytes(32), ["a"])).not.toEqual(keyedHash(key, ["a"]));
  fc.assert(
    fc.property(fc.array(anyPart), fc.array(anyPart), (some, others) => {
      const same = some.length === others.length && some.every((part, at) => sameBytes(part, others[at]!));
      expect(keyedHash(key, some).equals(keyedHash(key, others))).toBe(same);
    }),
  );
  expect(keyedHash(key, ["ab", "c"])).not.toEqual(keyedHash(key, ["a", "bc"]));
  expect(keyedHash(key, ["a"])).not.toEqual(keyedHash(key, ["a", ""]));
});

test("earlier hashes stay as they are, and long parts fit", () => {
  const first = keyedHash(key, ["a"]);
  const copy = Buffer.from(first);
  const long = "x".repeat(100_000);
  expect(keyedHash(key, [long])).toEqual(keyedHash(key, [Buffer.from(long)]));
  for (let i = 0; i < 1_000; i++) keyedHash(key, [String(i)]);
  expect(first).toEqual(copy);
  expect(first).toHaveLength(16);
});

function sameBytes(a: string | Buffer, b: string | Buffer): boolean {
  return Buffer.from(a as string).equals(Buffer.from(b as string));
}
