import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openSecrets, WrongMasterKey } from "./secrets.ts";

/** The one method of the ledger that matters here, by its contract: the first writer wins. */
function secretsOfALedger() {
  const stored = new Map<string, Uint8Array>();
  return {
    stored,
    async secret(name: string, wrapped: Uint8Array) {
      const first = stored.get(name) ?? wrapped;
      stored.set(name, first);
      return first;
    },
  };
}

const masterKey = randomBytes(32);

test("every server of a ledger has the same keys, and each purpose another", async () => {
  const ledger = secretsOfALedger();
  const [one, other] = await Promise.all([openSecrets(ledger, masterKey), openSecrets(ledger, masterKey)]);
  const keysOf = (secrets: typeof one) => [
    secrets.userHashKey,
    secrets.addressHashKey,
    secrets.requestHashKey,
    secrets.pageKey,
  ];
  expect(keysOf(one)).toEqual(keysOf(other));
  expect(keysOf(one).every((key) => key.length === 32)).toBe(true);
  expect(new Set(keysOf(one).map((key) => key.toString("hex"))).size).toBe(4);
});

test("no key is stored as it is", async () => {
  const ledger = secretsOfALedger();
  const secrets = await openSecrets(ledger, masterKey);
  const all = Buffer.concat([...ledger.stored.values()]);
  for (const key of [masterKey, secrets.userHashKey, secrets.addressHashKey, secrets.pageKey]) {
    expect(all.includes(key)).toBe(false);
  }
});

test("another master key stops it, and nothing is stored", async () => {
  const ledger = secretsOfALedger();
  await openSecrets(ledger, masterKey);
  const before = new Map(ledger.stored);
  const opening = openSecrets(ledger, randomBytes(32));
  await expect(opening).rejects.toThrow(WrongMasterKey);
  await expect(opening).rejects.toThrow(/not the one this ledger was set up with\. Start with the original/);
  expect(ledger.stored).toEqual(before);
});

test("a wrapped key is good for its purpose only, and damage shows", async () => {
  const ledger = secretsOfALedger();
  const { wrap, unwrap } = await openSecrets(ledger, masterKey);
  const key = randomBytes(32);
  const wrapped = wrap("code-space", key);
  expect(unwrap("code-space", wrapped)).toEqual(key);
  expect(() => unwrap("page-token", wrapped)).toThrow(/can't be unwrapped/);
  wrapped[20]! ^= 1;
  expect(() => unwrap("code-space", wrapped)).toThrow(/code-space key .* damaged/);
});
