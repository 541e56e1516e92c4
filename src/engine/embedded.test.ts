import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import type { Plan } from "../campaign/plan.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { campaignsIn, storeIn } from "../store/embedded/campaigns.fixture.ts";
import { ThreadedStore } from "../store/embedded/threaded-store.ts";
import { describeStore } from "../store/store.contract.ts";
import type { Store } from "../store/store.ts";
import { threadedStore } from "./embedded.ts";

async function open(folder?: string) {
  const dir = folder ?? (await mkdtemp(join(tmpdir(), "allot-threaded-")));
  const database = openSqlite(dir);
  const ledger = sqliteLedger(database);
  const broken: unknown[] = [];
  const start = () => threadedStore(database, (error) => broken.push(error));
  let thread = start();
  const store = storeIn(ledger, () => thread);
  return {
    store,
    ledger,
    database,
    broken,
    ...campaignsIn(ledger),
    /** A start adopts the time that the file knows. */
    async moveClock(toMs: number) {
      await thread.close();
      database.db.prepare("UPDATE partition_state SET clock_ms = ?").run(toMs);
      thread = start();
    },
    /** Lets go of the folder and leaves it. */
    async release() {
      await thread.close();
      await ledger.close();
    },
    async close() {
      await this.release();
      await rm(dir, { recursive: true });
    },
  };
}

describeStore("embedded, in a thread of its own", open);

describe("the store's thread", () => {
  const ask = (userId: string) => {
    const userHash = hash("sha256", userId, "buffer").subarray(0, 16);
    return {
      keys: [userHash],
      choices: Uint8Array.of(0),
      request: undefined,
      who: { userId, userHash, addressHash: undefined },
    };
  };
  const take = (store: Store, plan: Plan, userId: string) =>
    store.take(0, [{ plan, day: undefined, takes: [ask(userId)] }]);

  test("keeps user ids apart that hold anything", async () => {
    const harness = await open();
    const plan = await harness.campaign({ prizes: [{ quota: 9 }], perUser: 1, timeZone: "UTC" });
    const userIds = ["a", "b\u0000c", "é日", "🎁", "\ud800", "x".repeat(128)];
    await harness.store.take(0, [{ plan, day: undefined, takes: userIds.map(ask) }]);
    const rows = await harness.ledger.coupons({ campaignNo: plan.campaignNo }, undefined, 10);
    expect(rows.map(({ userId }) => userId)).toEqual(userIds.map((userId) => userId.toWellFormed()));
    await harness.close();
  });

  test("takes turns with the ledger's transactions: neither finds the file locked", async () => {
    const harness = await open();
    const plan = await harness.campaign({ prizes: [{ quota: 9 }], perUser: 1, timeZone: "UTC" });
    const order: string[] = [];
    const note = (what: string) => () => order.push(what);
    const held = Promise.withResolvers<void>();
    const work = harness.database.exclusive(async () => {
      harness.database.db.exec("BEGIN IMMEDIATE");
      await held.promise;
      harness.database.db.exec("COMMIT");
    });
    const all = Promise.all([
      work.then(note("work")),
      take(harness.store, plan, "a").then(note("take")),
      harness.ledger
        .changeCampaign("c1", 1, { name: "new", nowMs: Date.now() }, undefined)
        .then(note("change")),
      harness.store.forget(0, plan.campaignNo).then(note("forget")),
    ]);
    // The thread answers in order: it has not been asked for the take.
    await harness.store.nowMs(0);
    held.resolve();
    await all;
    expect(order).toEqual(["work", "take", "change", "forget"]);
    await harness.close();
  });

  test("reports a failed commit, and answers nothing after it", async () => {
    const harness = await open();
    const plan = await harness.campaign({ prizes: [{ quota: 3 }], timeZone: "UTC" });
    // A deferred foreign key that fails at the commit, as a full disk would.
    harness.database.db.exec(`
      CREATE TABLE elsewhere (id INTEGER PRIMARY KEY);
      CREATE TABLE broken (id INTEGER REFERENCES elsewhere (id) DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER break AFTER INSERT ON entry BEGIN INSERT INTO broken VALUES (1); END;
    `);
    const both = await Promise.allSettled([take(harness.store, plan, "a"), take(harness.store, plan, "b")]);
    expect(both.map((one) => one.status === "rejected" && one.reason.name)).toEqual(
      Array(2).fill("StoreUnavailable"),
    );
    expect(harness.broken).toHaveLength(1);
    await expect(harness.store.nowMs(0)).rejects.toThrow("the store failed");
    await harness.close();
  });

  test("reports its own end, and whoever waits is told", async () => {
    const harness = await open();
    const plan = await harness.campaign({ prizes: [{ quota: 3 }], timeZone: "UTC" });
    const broken: unknown[] = [];
    const path = join(harness.database.path, "nowhere.db");
    const store = threadedStore({ path, exclusive: harness.database.exclusive }, (error) =>
      broken.push(error),
    );
    await expect(take(store, plan, "a")).rejects.toThrow("the store failed");
    expect(broken).toHaveLength(1);
    await store.close();
    await harness.close();
  });

  test("reports its end where nothing was thrown", async () => {
    const broken: unknown[] = [];
    const thread = new Worker(
      "require('node:worker_threads').parentPort.once('message', () => process.exit())",
      {
        eval: true,
      },
    );
    const exclusive = async <T>(work: () => T | Promise<T>) => await work();
    const store = new ThreadedStore({ thread, exclusive, onBroken: (error) => broken.push(error) });
    await expect(store.nowMs()).rejects.toThrow("the store failed");
    expect(broken).toHaveLength(1);
  });

  test("killed at any instant, it has everything that was acknowledged, found by user, and counts it", async () => {
    const harness = await open();
    const plan = await harness.campaign({ prizes: [{ quota: 1_000_000 }], perUser: 1, timeZone: "UTC" });
    const dir = dirname(harness.database.path);
    await harness.release();
    // Enough that entries have begun to move into the table of hashes.
    const enough = 40_000;
    const program = `
      import { hash } from "node:crypto";
      import { openSqlite } from ${url("../ledger/sqlite/open.ts")};
      import { threadedStore } from ${url("./embedded.ts")};
      const store = threadedStore(openSqlite(${JSON.stringify(dir)}), () => {});
      for (let from = 0; ; from += 500) {
        const takes = Array.from({ length: 500 }, (_, i) => {
          const userHash = hash("sha256", "user " + (from + i), "buffer").subarray(0, 16);
          const who = { userId: "user " + (from + i), userHash, addressHash: undefined };
          return { keys: [userHash], choices: Uint8Array.of(0), request: undefined, who };
        });
        const [outcomes] = await store.take(0, [{ plan: ${JSON.stringify(plan)}, day: undefined, takes }]);
        console.log(outcomes.map(({ serial }) => serial).join());
      }`;
    const file = join(dir, "takes.mts");
    await writeFile(file, program);
    const child = spawn(process.execPath, [file]);
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (lines.length === enough / 500) child.kill("SIGKILL");
    }
    const acknowledged = lines.flatMap((line) => line.split(",").map(Number));
    expect(acknowledged.length).toBeGreaterThanOrEqual(enough);

    const after = await open(dir);
    for (let from = 0; from < acknowledged.length; from += 1_000) {
      const serials = acknowledged.slice(from, from + 1_000);
      const takes = serials.map((_, i) => ask(`user ${from + i}`));
      const [outcomes] = await after.store.take(0, [{ plan, day: undefined, takes }]);
      expect(outcomes!.map((one) => one.kind === "issued" && one.replayed && one.serial)).toEqual(serials);
    }
    const last = ask(`user ${acknowledged.length - 1}`).who;
    const coupons = await after.ledger.coupons({ userHash: last.userHash }, undefined, 9);
    expect(coupons.map(({ userId, serial }) => [userId, serial])).toEqual([
      [last.userId, acknowledged.at(-1)],
    ]);
    await after.close();
  });
});

const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
