import { hash } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../campaign/plan.ts";
import { sqliteLedger } from "../../ledger/sqlite/ledger.ts";
import { openSqlite } from "../../ledger/sqlite/open.ts";
import { describeStore, type StoreHarness } from "../store.contract.ts";
import type { Outcome, Store, Take } from "../store.ts";
import { campaignsIn, storeIn } from "./campaigns.fixture.ts";
import { EmbeddedStore } from "./embedded-store.ts";

async function open(dir: string) {
  const database = openSqlite(dir);
  const ledger = sqliteLedger(database);
  const broken: unknown[] = [];
  let nowMs = Date.now;
  const start = () =>
    new EmbeddedStore({
      ...database,
      nowMs: () => nowMs(),
      onBrokenCommit: (error) => broken.push(error),
    });
  return {
    store: start(),
    start,
    ledger,
    database,
    broken,
    ...campaignsIn(ledger),
    setClock(clock: () => number) {
      nowMs = clock;
    },
    async moveClock(toMs: number) {
      nowMs = () => toMs;
    },
    close: () => ledger.close(),
  };
}

type Harness = Awaited<ReturnType<typeof open>>;

const folder = () => mkdtemp(join(tmpdir(), "allot-embedded-"));

/** `current`: the store that the next operation is of. */
async function inFolder(current: (harness: Harness) => Store): Promise<StoreHarness> {
  const dir = await folder();
  const harness = await open(dir);
  return {
    ...harness,
    store: storeIn(harness.ledger, () => current(harness)),
    async close() {
      await harness.close();
      await rm(dir, { recursive: true });
    },
  };
}

describeStore("embedded", () => inFolder(({ store }) => store));

// What memory knows otherwise is read from the tables.
describeStore("embedded, started anew for each operation", () => inFolder(({ start }) => start()));

const ask = (name: string) => {
  const userHash = Buffer.alloc(16, name);
  return {
    keys: [userHash],
    choices: Uint8Array.of(0),
    request: undefined,
    who: { userId: name, userHash, addressHash: undefined },
  };
};

test("a reopened file has everything that was acknowledged, and goes on from there", async () => {
  const dir = await folder();
  const before = await open(dir);
  const plan = await before.campaign({ prizes: [{ quota: 3 }], perUser: 1, timeZone: "UTC" });
  const take = (store: EmbeddedStore, ...names: string[]) =>
    store.take(0, [{ plan, day: undefined, takes: names.map(ask) }]);
  const [first] = await take(before.store, "a", "b");
  await before.close();

  const after = await open(dir);
  const [second] = await take(after.store, "b", "c", "d");
  expect(second![0]).toEqual({ ...first![1], replayed: true });
  expect(second!.slice(1).map((outcome) => outcome.kind)).toEqual(["issued", "refused"]);
  const rows = await after.ledger.coupons({ campaignNo: plan.campaignNo }, undefined, 10);
  expect(rows.map((row) => row.userId)).toEqual(["a", "b", "c"]);
  await after.close();
  await rm(dir, { recursive: true });
});

describe("entries that are not found by their hash yet", () => {
  const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `user ${from + i}`);
  const hashOf = (name: string) => hash("sha256", name, "buffer").subarray(0, 16);
  const askEach = (from: number, to: number): Take[] =>
    names(from, to).map((name) => ({
      keys: [hashOf(name)],
      choices: Uint8Array.of(0),
      request: { key: hashOf(`request ${name}`), fields: Buffer.alloc(8, 1) },
      who: { userId: name, userHash: hashOf(name), addressHash: undefined },
    }));
  const kinds = (outcomes: Outcome[]) =>
    new Set(outcomes.map((one) => (one.kind === "issued" ? one.replayed : one.kind)));
  const total = 40_000;

  /** More than what waits in memory, so that some have moved. */
  async function issued(harness: Harness) {
    const plan = await harness.campaign({ prizes: [{ quota: total + 10 }], perUser: 1, timeZone: "UTC" });
    const takeThem = async (store: EmbeddedStore, from: number, to: number) =>
      (await store.take(0, [{ plan, day: undefined, takes: askEach(from, to) }]))[0]!;
    for (let from = 0; from < total; from += 1_000) await takeThem(harness.store, from, from + 1_000);
    return { plan, takeThem };
  }

  async function findsAll({ ledger }: Harness, plan: Plan) {
    for (const name of ["user 0", "user 17", `user ${total / 2}`, `user ${total - 1}`]) {
      const found = await ledger.coupons({ userHash: hashOf(name) }, undefined, 5);
      expect(found.map(({ userId }) => userId)).toEqual([name]);
      const requestHash = hashOf(`request ${name}`);
      const coupon = await ledger.couponOf(plan.campaignNo, { userHash: hashOf(name), requestHash });
      expect(coupon?.userId).toBe(name);
    }
  }

  test("count, and are found, in memory and in the table, and after a start without a close before", async () => {
    const dir = await folder();
    const harness = await open(dir);
    const { plan, takeThem } = await issued(harness);
    const moved = () =>
      harness.database.db.prepare("SELECT COUNT(*) AS count FROM entry_by_hash").get()!.count;
    expect(moved()).toBeGreaterThan(0);
    expect(moved()).toBeLessThan(2 * total);
    for (let from = 0; from < total; from += 1_000)
      expect(kinds(await takeThem(harness.store, from, from + 1_000))).toEqual(new Set([true]));
    await findsAll(harness, plan);

    const copy = await folder();
    for (const file of ["allot.db", "allot.db-wal"]) await copyFile(join(dir, file), join(copy, file));
    const after = await open(copy);
    await findsAll(after, plan);
    for (let from = 0; from < total; from += 1_000)
      expect(kinds(await takeThem(after.store, from, from + 1_000))).toEqual(new Set([true]));
    expect((await after.store.issued(0, plan.campaignNo)).get(0)).toBe(total);
    await after.close();
    await harness.close();
    await rm(dir, { recursive: true });
    await rm(copy, { recursive: true });
  });

  test("a release counts one anew, and none of those around it is missing, also after a start without a close before", async () => {
    const dir = await folder();
    const harness = await open(dir);
    const { plan, takeThem } = await issued(harness);
    const [theirs] = askEach(100, 101) as [Take];
    const takeAgain = async (store: Store) =>
      (await store.take(0, [{ plan, day: undefined, takes: [{ ...theirs, request: undefined }] }]))[0]!;
    const [outcome] = await takeAgain(harness.store);
    const { serial } = outcome as { serial: number };
    // Beside the entry's own hash those of others, so that most of what waits moves: and some of it does not.
    const keys = names(0, total)
      .map(hashOf)
      .filter((key) => key[1]! >> 4 !== 7);
    await harness.store.release(0, { plan, day: undefined, serial, keys });
    const late = await takeAgain(harness.store);
    expect(kinds(late)).toEqual(new Set([false]));

    const copy = await folder();
    for (const file of ["allot.db", "allot.db-wal"]) await copyFile(join(dir, file), join(copy, file));
    const after = await open(copy);
    for (const { store } of [harness, after])
      for (let from = 0; from < total; from += 1_000)
        expect(kinds(await takeThem(store, from, from + 1_000))).toEqual(new Set([true]));
    for (const { store } of [harness, after])
      expect(await takeAgain(store)).toEqual([{ ...late[0], replayed: true }]);
    expect((await after.store.issued(0, plan.campaignNo)).get(0)).toBe(total + 1);
    await after.close();
    await harness.close();
    await rm(dir, { recursive: true });
    await rm(copy, { recursive: true });
  });

  test("those of a transaction that was given up count nothing", async () => {
    const dir = await folder();
    const harness = await open(dir);
    const plan = await harness.campaign({ prizes: [{ quota: 9 }], perUser: 1, timeZone: "UTC" });
    const takeThem = (from: number, to: number) =>
      harness.store.take(0, [{ plan, day: undefined, takes: askEach(from, to) }]);
    await takeThem(0, 4);
    harness.database.db.exec(
      "CREATE TRIGGER full BEFORE INSERT ON entry WHEN NEW.i = 2 BEGIN SELECT RAISE(FAIL, 'full'); END",
    );
    await expect(takeThem(4, 8)).rejects.toThrow("full");
    harness.database.db.exec("DROP TRIGGER full");
    const [outcomes] = await takeThem(0, 8);
    expect(outcomes!.map((one) => one.kind === "issued" && one.replayed)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    await harness.close();
    await rm(dir, { recursive: true });
  });

  test("a forgotten campaign stays forgotten, and its coupons stay in the ledger", async () => {
    const dir = await folder();
    const harness = await open(dir);
    const plan = await harness.campaign({ prizes: [{ quota: 9 }], perUser: 1, timeZone: "UTC" });
    const takeOne = (store: EmbeddedStore) => store.take(0, [{ plan, day: undefined, takes: askEach(0, 1) }]);
    const [[first]] = (await takeOne(harness.store)) as [[Outcome]];
    await harness.store.forget(0, plan.campaignNo);
    await harness.close();
    const after = await open(dir);
    const [[second]] = (await takeOne(after.store)) as [[Outcome]];
    const [[third]] = (await takeOne(after.store)) as [[Outcome]];
    expect(second).toMatchObject({ kind: "issued", replayed: false });
    expect(second).not.toMatchObject({ serial: (first as { serial: number }).serial });
    expect(third).toEqual({ ...second, replayed: true });
    expect(await after.ledger.coupons({ userHash: hashOf("user 0") }, undefined, 9)).toHaveLength(2);
    await after.close();
    await rm(dir, { recursive: true });
  });
});

test("its clock stands still while the system's runs backwards", async () => {
  const dir = await folder();
  const harness = await open(dir);
  const plan = await harness.campaign({ prizes: [{ quota: 3 }], timeZone: "UTC" });
  const ahead = Date.now() + 3_600_000;
  harness.setClock(() => ahead);
  await harness.store.take(0, [{ plan, day: undefined, takes: [ask("a")] }]);
  harness.setClock(Date.now);
  expect(await harness.store.nowMs()).toBe(ahead);
  await harness.close();
  // Nor does it after a restart.
  const again = await open(dir);
  expect(await again.store.nowMs()).toBe(ahead);
  await again.close();
  await rm(dir, { recursive: true });
});

test("a failed commit is reported: nobody can go on from memory", async () => {
  const dir = await folder();
  const harness = await open(dir);
  const plan = await harness.campaign({ prizes: [{ quota: 3 }], timeZone: "UTC" });
  // A deferred foreign key that fails at the commit, as a full disk would.
  harness.database.db.exec(`
    CREATE TABLE elsewhere (id INTEGER PRIMARY KEY);
    CREATE TABLE broken (id INTEGER REFERENCES elsewhere (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER break AFTER INSERT ON entry BEGIN INSERT INTO broken VALUES (1); END;
  `);
  await expect(harness.store.take(0, [{ plan, day: undefined, takes: [ask("a")] }])).rejects.toThrow(
    "commit failed",
  );
  expect(harness.broken).toHaveLength(1);
  harness.database.db.exec("ROLLBACK");
  await harness.close();
  await rm(dir, { recursive: true });
});
