import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite, type SqliteDatabase } from "../ledger/sqlite/open.ts";
import { WrongMasterKey } from "./master-keys.ts";
import { openSecrets, type Secrets } from "./secrets.ts";

let folder: string;
let database: SqliteDatabase;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-secrets-"));
  database = openSqlite(folder);
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

const masterKey = randomBytes(32);
const open = (key = masterKey) => openSecrets(sqliteLedger(database), key);
const stored = () => database.kysely.selectFrom("secret").selectAll().execute();

function keysOf({ wrap: _, unwrap: __, settle: ___, ...keys }: Secrets): Buffer[] {
  return Object.values(keys);
}

test("every server of a ledger has the same keys, and each purpose another", async () => {
  const [one, other] = await Promise.all([open(), open()]);
  expect(keysOf(one)).toEqual(keysOf(other));
  expect(keysOf(await open())).toEqual(keysOf(one));
  expect(keysOf(one).every((key) => key.length === 32)).toBe(true);
  expect(new Set(keysOf(one).map((key) => key.toString("hex"))).size).toBe(keysOf(one).length);
  expect(keysOf(one).length).toBeGreaterThan(3);
});

test("no key is stored as it is", async () => {
  const secrets = await open();
  const all = Buffer.concat((await stored()).map(({ wrapped }) => wrapped));
  expect(all.length).toBeGreaterThan(4 * 32);
  for (const key of [masterKey, ...keysOf(secrets)]) expect(all.includes(key)).toBe(false);
});

test("another master key stops it, and nothing is stored", async () => {
  await open();
  const before = await stored();
  const opening = open(randomBytes(32));
  await expect(opening).rejects.toThrow(WrongMasterKey);
  await expect(opening).rejects.toThrow(/not the one this ledger was set up with\. Start with the original/);
  expect(await stored()).toEqual(before);
});

test("a wrapped key is good for its purpose only, and damage shows", async () => {
  const { wrap, unwrap } = await open();
  const key = randomBytes(32);
  const wrapped = wrap("code-space", key);
  expect(unwrap("code-space", wrapped)).toEqual(key);
  expect(() => unwrap("page-token", wrapped)).toThrow(/can't be unwrapped/);
  wrapped[20]! ^= 1;
  expect(() => unwrap("code-space", wrapped)).toThrow(/code-space key .* damaged/);
});
