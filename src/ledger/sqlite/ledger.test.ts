import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { create, NOW_MS, prize } from "../contract/harness.ts";
import { describeLedger } from "../ledger.contract.ts";
import { toEntryRow } from "../sql/entries.ts";
import { appendEvents } from "../sql/events.ts";
import { addGranted } from "../sql/prizes.ts";
import { type SqliteLedger, sqliteLedger } from "./ledger.ts";
import { openSqlite, type SqliteDatabase } from "./open.ts";

const folder = () => mkdtempSync(join(tmpdir(), "allot-ledger-"));

describeLedger("SQLite", async () => {
  const dir = folder();
  const database = openSqlite(dir);
  const ledger = sqliteLedger(database);
  return {
    ledger,
    other: ledger,
    queries: database.kysely,
    async record(entries) {
      const { kysely } = database;
      await kysely.insertInto("entry").values(entries.map(toEntryRow)).execute();
      const byHash = database.db.prepare("INSERT INTO entry_by_hash VALUES (?, ?, ?, ?, ?)");
      for (const { userHash, campaignNo, epoch, n, i } of entries)
        byHash.run(userHash, campaignNo, epoch, n, i);
      const byPrize = Map.groupBy(entries, ({ campaignNo, prizeNo }) => `${campaignNo} ${prizeNo}`);
      for (const of of byPrize.values()) {
        const { campaignNo, prizeNo, partitionNo } = of[0]!;
        const row = { campaign_no: campaignNo, prize_no: prizeNo, partition_no: partitionNo };
        await kysely
          .insertInto("prize_count")
          .values({ ...row, issued: of.length })
          .onConflict((there) =>
            there.doUpdateSet(({ eb }) => ({ issued: eb("prize_count.issued", "+", of.length) })),
          )
          .execute();
      }
      const { epoch, n } = entries.at(-1)!;
      database.db
        .prepare("INSERT OR REPLACE INTO partition_state VALUES (0, ?1, ?1, ?2, 0, ?1, ?2)")
        .run(epoch, n);
    },
    tell: (facts, failure) =>
      database.exclusive(() =>
        database.kysely.transaction().execute(async (tx) => {
          await appendEvents(tx, facts);
          if (failure) throw failure;
        }),
      ),
    async close() {
      await ledger.close();
      rmSync(dir, { recursive: true });
    },
  };
});

describe("a ledger that has the store inside", () => {
  let dir: string;
  let database: SqliteDatabase;
  let ledger: SqliteLedger;
  beforeEach(() => {
    dir = folder();
    database = openSqlite(dir);
    ledger = sqliteLedger(database);
  });
  afterEach(async () => {
    await ledger.close();
    rmSync(dir, { recursive: true });
  });

  test("settles a quota lowered below what is issued at once", async () => {
    const { id, no } = await create(ledger, { prizes: [prize("a", 10)] });
    await database.exclusive(() => addGranted(database.kysely, { campaignNo: no, prizeNo: 0 }, "", 7));
    const quotaAfter = async (quota: number, revision: number) => {
      const changed = await ledger.changeCampaign(
        id,
        revision,
        { prizes: [prize("a", quota)], nowMs: NOW_MS },
        undefined,
      );
      return changed.kind === "changed" ? changed.campaign.prizes[0]!.quota : changed;
    };
    expect(await quotaAfter(3, 1)).toBe(7);
    expect(await quotaAfter(8, 2)).toBe(8);
  });

  test("keeps its transactions apart from the store's on the same connection", async () => {
    // The ledger's own steps are a microtask apart, so that is how often the store has to try.
    const store = (async () => {
      for (let n = 0; n < 2_000; n++) {
        await database.exclusive(() => {
          database.db.exec("BEGIN IMMEDIATE");
          database.db.exec(`INSERT INTO setting VALUES ('${n}', 'store')`);
          database.db.exec(n % 2 === 0 ? "COMMIT" : "ROLLBACK");
        });
      }
    })();
    const work = Array.from({ length: 10 }, async () => {
      const { id } = await create(ledger);
      await ledger.changeCampaign(id, 1, { name: "new", nowMs: NOW_MS }, undefined);
      return ledger.campaign(id);
    });
    for (const campaign of await Promise.all(work))
      expect(campaign).toMatchObject({ name: "new", revision: 2 });
    await store;
  });

  test("reserves more serials for an unlimited prize until its space is full", async () => {
    const format = { alphabet: "0123456789", length: 4, prefix: "" };
    const { id, no } = await create(ledger, {
      format,
      allowGuessable: true,
      prizes: [prize("a", undefined)],
    });
    const sizes: number[] = [];
    do sizes.push(await ledger.reserveMore({ campaignNo: no, prizeNo: 0 }));
    while (sizes.at(-1) !== 0);
    expect(sizes).toEqual([...Array(8).fill(1024), 784, 0]);
    const total = (await ledger.campaign(id))!.prizes[0]!.ranges.reduce((sum, { size }) => sum + size, 0);
    expect(total).toBe(10_000);
    const free = await database.kysely.selectFrom("free_range").select(["first", "size"]).execute();
    expect(free).toEqual([{ first: 0, size: 10_000 }]);
  });
});
