import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { makeApiKey, readApiKey } from "./api-key.ts";

test("a key says its id, and only its hash is stored", () => {
  const { text, stored } = makeApiKey("checkout", "issuer", 5);
  expect(text).toMatch(/^allot_[0-9a-z]{10}_[0-9a-z]{39}$/);
  const hash = createHash("sha256").update(text).digest();
  expect(stored).toEqual({
    id: text.slice(6, 16),
    name: "checkout",
    role: "issuer",
    hash,
    createMs: 5,
    revokeMs: undefined,
  });
  expect(readApiKey(text)).toEqual({ id: stored.id, hash });
  expect(makeApiKey("checkout", "issuer", 5).text).not.toBe(text);
});

test("a key with any one character changed, left out or doubled is no key", () => {
  const { text } = makeApiKey("checkout", "issuer", 5);
  for (let at = 0; at < text.length; at++) {
    const before = text.slice(0, at);
    const after = text.slice(at + 1);
    const other = text[at] === "x" ? "y" : "x";
    expect(readApiKey(before + other + after)).toBeUndefined();
    expect(readApiKey(before + after)).toBeUndefined();
    expect(readApiKey(before + text[at] + text[at] + after)).toBeUndefined();
  }
  for (const text of ["", "allot_", "x".repeat(1_000)]) expect(readApiKey(text)).toBeUndefined();
});
