import { hash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { draft } from "../ledger/contract/harness.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { wrappedPlaces } from "../ledger/sql/wrapped-keys.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite, type SqliteDatabase } from "../ledger/sqlite/open.ts";
import { MasterKeys, WrongMasterKey } from "./master-keys.ts";
import type { Purpose } from "./purpose.ts";
import { unseal } from "./seal.ts";
import { openSecrets, type Secrets } from "./secrets.ts";

let folder: string;
let database: SqliteDatabase;
let ledger: Ledger;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-master-keys-"));
  database = openSqlite(folder);
  ledger = sqliteLedger(database);
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const purposes: Record<Purpose, true> = {
  ...{ "code-space": true, draw: true, webhook: true, "user-hash": true, "address-hash": true },
  ...{ "request-hash": true, "page-token": true, phone: true, "phone-hash": true, mutation: true },
  ...{ ticket: true, ballot: true, outbox: true },
};

/** One of everything that is wrapped. */
async function fill(secrets: Secrets) {
  const drawSecret = {
    wrapped: secrets.wrap("draw", Buffer.alloc(32, 1)),
    commitment: hash("sha256", Buffer.alloc(32, 1), "buffer"),
    revealed: false,
  };
  const wrappedKey = secrets.wrap("code-space", Buffer.alloc(32, 2));
  const created = await ledger.createCampaign(draft({ drawSecret, wrappedKey }), undefined);
  if (created.kind !== "created") throw new Error(created.kind);
  await ledger.addEndpoint({
    ...{
      id: "wh",
      url: "https://shop.example/",
      types: [],
      campaignNo: undefined,
      userIds: true,
      createMs: 1,
    },
    wrappedSecret: secrets.wrap("webhook", Buffer.alloc(32, 3)),
  });
  const wrappedSecret = secrets.wrap("webhook", Buffer.alloc(32, 4));
  await ledger.changeEndpoint("wh", { kind: "rotate", wrappedSecret, previousUntilMs: 2 });
  return created.campaign.id;
}

/** Every value of every table that one master key opens, whatever it is for. */
async function openedBy(masterKey: Uint8Array): Promise<string[]> {
  const { kysely } = database;
  const found: string[] = [];
  for (const { name: table } of await kysely.introspection.getTables()) {
    const { rows } = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)}`.execute(kysely);
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        if (!(value instanceof Uint8Array)) continue;
        const purpose = Object.keys(purposes).find((one) => unseal(masterKey, one, value) !== undefined);
        if (purpose !== undefined) found.push(`${table}.${column} ${purpose}`);
      }
    }
  }
  return found.sort();
}

const keysOf = ({ wrap: _, unwrap: __, settle: ___, ...keys }: Secrets): Buffer[] => Object.values(keys);

test("every wrapped key is wrapped by the new master key, wherever it is, and is the same key", async () => {
  const before = await openSecrets(ledger, oldKey);
  const campaignId = await fill(before);
  const wrapped = await openedBy(oldKey);
  expect(new Set(wrapped.map((one) => one.split(" ")[1]))).toEqual(new Set(Object.keys(purposes)));

  const both = new MasterKeys(newKey, oldKey);
  await both.takeOver(ledger);
  expect(await both.rewrap(ledger)).toEqual({ rewrapped: wrapped.length, damaged: 0 });
  expect(await openedBy(oldKey)).toEqual([]);
  expect(await openedBy(newKey)).toEqual(wrapped);
  expect(await both.rewrap(ledger)).toEqual({ rewrapped: 0, damaged: 0 });

  const after = await openSecrets(ledger, newKey);
  expect(keysOf(after)).toEqual(keysOf(before));
  const campaign = (await ledger.campaign(campaignId))!;
  expect(after.unwrap("draw", campaign.drawSecret!.wrapped)).toEqual(Buffer.alloc(32, 1));
  expect(after.unwrap("code-space", campaign.space.wrappedKey)).toEqual(Buffer.alloc(32, 2));
  await expect(openSecrets(ledger, oldKey)).rejects.toThrow(WrongMasterKey);
});

test("no column that is called wrapped, or a secret, is forgotten", async () => {
  const tables = await database.kysely.introspection.getTables();
  const named = tables.flatMap(({ name, columns }) =>
    columns
      .map((column) => `${name}.${column.name}`)
      .filter((column) => /wrapped|secret$/.test(column.split(".")[1]!)),
  );
  expect(new Set(wrappedPlaces.map(({ table, column }) => `${table}.${column}`))).toEqual(new Set(named));
});

test("until the new one has taken over the old one wraps, so that servers without the new one can read", async () => {
  const oldServer = await openSecrets(ledger, oldKey);
  const server = await openSecrets(ledger, newKey, oldKey);
  const key = Buffer.alloc(32, 9);
  expect(oldServer.unwrap("draw", server.wrap("draw", key))).toEqual(key);
  expect(keysOf(server)).toEqual(keysOf(oldServer));

  const both = new MasterKeys(newKey, oldKey);
  await both.takeOver(ledger);
  // Whoever has both reads what either wraps, before it has noticed and after.
  const noticed = await openSecrets(ledger, newKey, oldKey);
  expect(server.unwrap("draw", noticed.wrap("draw", key))).toEqual(key);
  expect(noticed.unwrap("draw", server.wrap("draw", key))).toEqual(key);
  await server.settle();
  await expect(async () => oldServer.unwrap("draw", server.wrap("draw", key))).rejects.toThrow(
    "can't be unwrapped",
  );
  await expect(openSecrets(ledger, newKey)).rejects.toThrow("`allot keys rewrap` was not finished");
  await both.rewrap(ledger);
  const newServer = await openSecrets(ledger, newKey);
  expect(newServer.unwrap("draw", server.wrap("draw", key))).toEqual(key);
  expect(server.unwrap("draw", newServer.wrap("draw", key))).toEqual(key);
});

test("more keys than a page, and a damaged one, which is told and left", async () => {
  const own = keysOf(await openSecrets(ledger, oldKey)).length;
  const old = new MasterKeys(oldKey);
  const values = Array.from({ length: 1_200 }, (_, i) => ({
    name: `many-${i}-key`,
    wrapped: old.wrap(`many-${i}` as Purpose, randomBytes(32)),
  }));
  await database.kysely.insertInto("secret").values(values).execute();
  await ledger.secret("bad-key", randomBytes(60));
  const both = new MasterKeys(newKey, oldKey);
  await both.takeOver(ledger);
  expect(await both.rewrap(ledger)).toEqual({ rewrapped: 1_200 + own, damaged: 1 });
});

test("a master key that the ledger never knew takes over nothing", async () => {
  await openSecrets(ledger, oldKey);
  const stranger = new MasterKeys(newKey, randomBytes(32));
  await expect(stranger.takeOver(ledger)).rejects.toThrow(WrongMasterKey);
  await openSecrets(ledger, oldKey);
});
