import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { seal, unseal } from "./seal.ts";

const key = randomBytes(32);

test("what was sealed comes back under the same key and context", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (plain, context) => {
      expect(unseal(key, context, seal(key, context, plain))).toEqual(Buffer.from(plain));
    }),
  );
});

test("another key, another context or one changed bit gives nothing", () => {
  const sealed = seal(key, "here", Buffer.from("plain"));
  expect(unseal(randomBytes(32), "here", sealed)).toBeUndefined();
  expect(unseal(key, "there", sealed)).toBeUndefined();
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(unseal(key, "here", changed)).toBeUndefined();
  }
});

test("any other bytes give nothing", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => unseal(key, "here", bytes) === undefined));
});

test("the same text never looks the same", () => {
  const plain = Buffer.from("plain");
  expect(seal(key, "here", plain)).not.toEqual(seal(key, "here", plain));
  expect(seal(key, "here", plain).includes(plain)).toBe(false);
});
