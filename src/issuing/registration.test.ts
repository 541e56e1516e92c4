import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { someone } from "../ledger/contract/participants.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { Registration } from "./registration.ts";

let ledger: Ledger;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "allot-registration-"));
  ledger = sqliteLedger(openSqlite(dir));
});
afterAll(async () => {
  await ledger.close();
  await rm(dir, { recursive: true });
});

async function registeredUser() {
  const user = someone();
  await ledger.register(user, undefined);
  return user;
}

/** The ledger, with how many users each query asked for. */
function counted() {
  const sizes: number[] = [];
  const registered = (userHashes: Buffer[]) => {
    sizes.push(userHashes.length);
    return ledger.registered(userHashes);
  };
  return { sizes, registered };
}

test("all who ask in one turn are looked up together, each user once, and each has an answer of its own", async () => {
  const { sizes, registered } = counted();
  const registration = new Registration({ registered });
  const [alice, bob, eve] = [await registeredUser(), await registeredUser(), someone()];
  const asked = [alice, eve, bob, alice, eve].map(({ userHash }) => registration.isRegistered(userHash));
  expect(await Promise.all(asked)).toEqual([true, false, true, true, false]);
  expect(sizes).toEqual([3]);
  // Who was not found is not remembered.
  expect(await registration.isRegistered(eve.userHash)).toBe(false);
  expect(sizes).toEqual([3, 1]);
});

test("a query asks for a thousand at most", async () => {
  const { sizes, registered } = counted();
  const registration = new Registration({ registered });
  const last = await registeredUser();
  const users = [...Array.from({ length: 2_100 }, () => someone()), last];
  const answers = await Promise.all(users.map(({ userHash }) => registration.isRegistered(userHash)));
  expect(sizes.toSorted((a, b) => b - a)).toEqual([1_000, 1_000, 101]);
  expect(answers.filter((answer) => answer)).toHaveLength(1);
  expect(answers.at(-1)).toBe(true);
});

test("who is registered is known for 5 s without a query, and not longer", async () => {
  const { sizes, registered } = counted();
  let nowMs = 1_000;
  const registration = new Registration({ registered }, () => nowMs);
  const { userHash } = await registeredUser();
  expect(await registration.isRegistered(userHash)).toBe(true);
  nowMs += 4_999;
  expect(registration.isRegistered(Buffer.from(userHash))).toBe(true);
  expect(sizes).toEqual([1]);
  await ledger.erase({ userHash, nowMs: 0 }, undefined);
  nowMs += 1;
  expect(await registration.isRegistered(userHash)).toBe(false);
  expect(sizes).toEqual([1, 1]);
});

test("registering takes effect at once, also while an earlier question is still open", async () => {
  const user = someone();
  const first = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  const registration = new Registration({
    async registered(userHashes) {
      const found = await ledger.registered(userHashes);
      looked.resolve();
      await first.promise;
      return found;
    },
  });
  const early = registration.isRegistered(user.userHash);
  await looked.promise;
  await ledger.register(user, undefined);
  const late = registration.isRegistered(user.userHash);
  first.resolve();
  expect(await early).toBe(false);
  expect(await late).toBe(true);
  expect(registration.isRegistered(user.userHash)).toBe(true);
});

test("all who asked hear that the ledger is away, and the next ones ask again", async () => {
  let away = true;
  const registration = new Registration({
    registered: (userHashes) =>
      away ? Promise.reject(new LedgerUnavailable("away")) : ledger.registered(userHashes),
  });
  const { userHash } = await registeredUser();
  const asked = [userHash, someone().userHash].map(async (one) => registration.isRegistered(one));
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe("rejected");
  away = false;
  expect(await registration.isRegistered(userHash)).toBe(true);
});
