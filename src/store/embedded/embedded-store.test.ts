import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Plan, planFirstCome } from "../../campaign/plan.ts";
import { sqliteLedger } from "../../ledger/sqlite/ledger.ts";
import { openSqlite } from "../../ledger/sqlite/open.ts";
import { type CampaignSetup, describeStore } from "../store.contract.ts";
import { EmbeddedStore } from "./embedded-store.ts";

async function open(dir: string) {
  const database = openSqlite(dir);
  const ledger = sqliteLedger(database);
  const broken: unknown[] = [];
  let nowMs = Date.now;
  const store = new EmbeddedStore({
    ...database,
    nowMs: () => nowMs(),
    onBrokenCommit: (error) => broken.push(error),
  });
  let campaigns = 0;
  return {
    store,
    ledger,
    database,
    broken,
    setClock(clock: () => number) {
      nowMs = clock;
    },
    async moveClock(toMs: number) {
      nowMs = () => toMs;
    },
    async campaign(setup: CampaignSetup) {
      const created = await ledger.createCampaign(
        {
          id: `c${++campaigns}`,
          name: "",
          startMs: setup.startMs ?? 0,
          endMs: setup.endMs ?? Date.now() + 1e9,
          timeZone: setup.timeZone,
          mechanic: "first-come",
          prizes: setup.prizes.map(({ quota, dailyQuota }, i) => ({
            id: `p${i}`,
            name: "",
            quota,
            dailyQuota,
            attributes: {},
          })),
          limits: {
            perUser: setup.perUser ?? 0,
            perUserPerDay: setup.perUserPerDay ?? 0,
            perAddress: setup.perAddress ?? 0,
          },
          format: { alphabet: "0123456789ABCDEF", length: 12, prefix: "" },
          allowGuessable: false,
          partitions: 1,
          wrappedKey: Buffer.alloc(32),
          nowMs: Date.now(),
        },
        undefined,
      );
      if (created.kind !== "created") throw new Error(created.kind);
      return planFirstCome(created.campaign);
    },
    async revise(plan: Plan) {
      const campaign = await ledger.campaignByNo(plan.campaignNo);
      await ledger.changeCampaign(campaign!.id, plan.revision, { name: "new", nowMs: Date.now() }, undefined);
    },
    close: () => ledger.close(),
  };
}

const folder = () => mkdtemp(join(tmpdir(), "allot-embedded-"));

describeStore("embedded", async () => {
  const dir = await folder();
  const harness = await open(dir);
  return {
    ...harness,
    async close() {
      await harness.close();
      await rm(dir, { recursive: true });
    },
  };
});

const ask = (name: string) => {
  const userHash = Buffer.alloc(16, name);
  return {
    keys: [userHash],
    pool: undefined,
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
