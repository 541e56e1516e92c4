import fc from "fast-check";
import { expect, test } from "vitest";
import { discreet } from "./discretion.ts";

const key = Buffer.alloc(32, 1);

test("an answer comes back, and shows nothing of what it says", () => {
  const { seal, open } = discreet(key);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8 }), (answer) => {
      const sealed = Buffer.from(seal(answer));
      expect(sealed.includes(Buffer.from(answer))).toBe(false);
      expect(Buffer.from(open(sealed))).toEqual(Buffer.from(answer));
    }),
  );
});

test("a digest tells requests apart, is the same again, and can't be had without the key", () => {
  const { digestOf } = discreet(key);
  const request = Buffer.from("a request");
  expect(digestOf(request)).toEqual(discreet(key).digestOf(request));
  expect(digestOf(request)).toHaveLength(32);
  expect(digestOf(request)).not.toEqual(digestOf(Buffer.from("another")));
  expect(digestOf(request)).not.toEqual(discreet(Buffer.alloc(32, 2)).digestOf(request));
});

test("what was sealed under another key is not opened", () => {
  const sealed = discreet(Buffer.alloc(32, 2)).seal(Buffer.from("answer"));
  expect(() => discreet(key).open(sealed)).toThrow("can't be opened");
});
