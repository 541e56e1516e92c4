import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { committed } from "./committed.ts";

const secret = Buffer.alloc(32, 1);
const commitment = createHash("sha256").update(secret).digest();

test.each([
  ["the one committed to", commitment, secret, true],
  ["another one", commitment, Buffer.alloc(32, 2), false],
  ["none", commitment, new Uint8Array(), false],
  ["one without a commitment", new Uint8Array(), secret, false],
])("of a secret shown: %s", (_which, promised, shown, passed) => {
  expect(committed("it", [{ name: "c", commitment: promised, secret: shown }]).passed).toBe(passed);
});
