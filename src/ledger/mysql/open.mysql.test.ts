import { sql } from "kysely";
import { type Connection, createConnection } from "mysql2/promise";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freshDatabase } from "../../../test/servers/fresh-database.ts";
import { type MysqlServer, startMysql } from "../../../test/servers/mysql.ts";
import { create } from "../contract/harness.ts";
import { type Ledger, LedgerUnavailable } from "../ledger.ts";
import type { Database, Queries } from "../sql/database.ts";
import { mysqlLedger } from "./ledger.ts";
import { migrate } from "./migrate.ts";
import { openMysql } from "./open.ts";

describe("a database that fails", () => {
  let server: MysqlServer;
  let ledger: Ledger;
  beforeAll(async () => {
    server = await startMysql({ config: { "max-connections": "20" } });
    await migrate(server.url);
    ({ ledger } = mysqlLedger(server.url));
    await create(ledger, { id: "there" });
  });
  afterAll(async () => {
    await ledger.close();
    await server.stop();
  });
  const read = () => ledger.campaign("there");
  const write = () => ledger.changeCampaign("there", undefined, { name: "changed", nowMs: 1 }, undefined);
  /** As callers do: again, for as long as the ledger can't be had. */
  async function untilAvailable<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        expect(error).toBeInstanceOf(LedgerUnavailable);
      }
    }
  }

  test("one that stops answering is unavailable, and there again when it answers", {
    timeout: 60_000,
  }, async () => {
    await Promise.all([read(), write(), read(), ledger.ping()]);
    server.pause();
    try {
      // On connections that were there, and then on none, since those are given up.
      for (let round = 0; round < 2; round++) {
        const asked = await Promise.allSettled([read(), write(), ledger.ping(), ledger.counts(1)]);
        for (const { reason } of asked as PromiseRejectedResult[])
          expect(reason).toBeInstanceOf(LedgerUnavailable);
      }
    } finally {
      server.resume();
    }
    expect(await untilAvailable(read)).toMatchObject({ id: "there" });
    expect(await untilAvailable(write)).toMatchObject({ kind: "changed" });
  });

  test("one that dies is unavailable, and there again when it is started", async () => {
    await Promise.all([read(), write(), read(), write()]);
    await server.kill();
    for (const ask of [read, write, ledger.ping]) await expect(ask()).rejects.toThrow(LedgerUnavailable);
    await server.restart();
    expect(await untilAvailable(read)).toMatchObject({ id: "there" });
    expect(await untilAvailable(write)).toMatchObject({ kind: "changed" });
  });

  test("one that has no more connections for us is unavailable", async () => {
    const others: Connection[] = [];
    const { ledger: late } = mysqlLedger(server.url);
    try {
      const takeAll = async () => {
        for (;;) others.push(await createConnection(server.url));
      };
      await expect(takeAll()).rejects.toThrow("Too many connections");
      await expect(late.ping()).rejects.toThrow(LedgerUnavailable);
    } finally {
      for (const other of others) other.destroy();
    }
    await untilAvailable(late.ping);
    await late.close();
  });
});

describe("transactions", () => {
  let url: string;
  let db: Database;
  let stranger: Database;
  beforeAll(async () => {
    url = await freshDatabase();
    await migrate(url);
    db = openMysql(url);
    stranger = openMysql(url);
  });
  afterAll(() => Promise.all([db.close(), stranger.close()]));
  beforeEach(async () => {
    await db.kysely.deleteFrom("setting").where("name", "in", ["a", "b", "c"]).execute();
    for (const name of ["a", "b"]) await set(db.kysely, name, 0);
  });
  const set = (queries: Queries, name: string, value: number) =>
    queries
      .insertInto("setting")
      .values({ name, value: String(value) })
      .execute();
  const add = (queries: Queries, name: string) =>
    queries
      .updateTable("setting")
      .set(({ eb }) => ({ value: eb("value", "+", "1") }))
      .where("name", "=", name)
      .execute();
  const values = async () => {
    const rows = await stranger.kysely
      .selectFrom("setting")
      .selectAll()
      .where("name", "in", ["a", "b", "c"])
      .orderBy("name")
      .execute();
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  };

  test("two that lock each other out both succeed in the end", async () => {
    const met = Promise.withResolvers<void>();
    let waiting = 0;
    const attempts: string[] = [];
    const move = (one: Database, names: string[]) => {
      let tries = 0;
      return one.write(async (tx) => {
        attempts.push(names.join(""));
        await add(tx, names[0]!);
        if (++waiting === 2) met.resolve();
        if (tries++ === 0) await met.promise;
        await add(tx, names[1]!);
      });
    };
    await Promise.all([move(db, ["a", "b"]), move(stranger, ["b", "a"])]);
    expect(attempts.length).toBe(3);
    expect(await values()).toEqual({ a: "2", b: "2" });
  });

  test("one that is kept waiting for a lock is unavailable, and has done nothing", async () => {
    const held = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const holder = stranger.kysely.transaction().execute(async (tx) => {
      await add(tx, "b");
      held.resolve();
      await done.promise;
    });
    await held.promise;
    const waiting = db.write(async (tx) => {
      await add(tx, "a");
      await add(tx, "b");
    });
    await expect(waiting).rejects.toThrow(LedgerUnavailable);
    done.resolve();
    await holder;
    expect(await values()).toEqual({ a: "0", b: "1" });
  });

  test("an error inside leaves no connection with an open transaction", async () => {
    const failing = Array.from({ length: 12 }, (_, i) =>
      db.write(async (tx) => {
        await add(tx, "a");
        if (i % 3 === 0) throw new Error("ours");
        if (i % 3 === 1) await set(tx, "x".repeat(65), 1);
        await set(tx, "b", 1);
      }),
    );
    for (const { status } of await Promise.allSettled(failing)) expect(status).toBe("rejected");
    await Promise.all(Array.from({ length: 20 }, () => add(db.kysely, "b")));
    expect(await values()).toEqual({ a: "0", b: "20" });
  });

  test("a connection that gave an error is not used again", async () => {
    const idOf = async (queries: Queries) =>
      (await sql<{ id: number }>`select connection_id() as id`.execute(queries)).rows[0]!.id;
    const broken = await db.write(async (tx) => {
      const id = await idOf(tx);
      await expect(set(tx, "x".repeat(65), 1)).rejects.toThrow("too long");
      return id;
    });
    const later = await Promise.all(Array.from({ length: 20 }, () => idOf(db.kysely)));
    expect(later).not.toContain(broken);
  });

  test("a taken key is an answer: the transaction goes on", async () => {
    await db.write(async (tx) => {
      await add(tx, "a");
      const error = await set(tx, "b", 9).catch((reason) => reason);
      expect(db.isDuplicate(error)).toBe(true);
      await set(tx, "c", 5);
    });
    expect(await values()).toEqual({ a: "1", b: "0", c: "5" });
  });

  test("reads see one moment", async () => {
    await db.read(async (tx) => {
      const before = await tx.selectFrom("setting").selectAll().where("name", "=", "a").execute();
      await add(stranger.kysely, "b");
      const after = await tx.selectFrom("setting").select("value").where("name", "=", "b").executeTakeFirst();
      expect([before[0]!.value, after!.value]).toEqual(["0", "0"]);
      await expect(add(tx, "a")).rejects.toThrow(/read.only/i);
    });
    expect(await values()).toEqual({ a: "0", b: "1" });
  });

  test("more callers than the queue holds are told at once, the others are served", async () => {
    const asked = await Promise.allSettled(
      Array.from({ length: 1_200 }, () => db.kysely.selectFrom("setting").select("name").execute()),
    );
    const refused = asked.filter((one) => one.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(asked.length - refused.length).toBeGreaterThanOrEqual(1_000);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(LedgerUnavailable);
  });

  test("values that are too long are errors, whatever the server's default", async () => {
    const admin = await createConnection(url);
    await admin.query("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'");
    const fresh = openMysql(url);
    try {
      await expect(set(fresh.kysely, "x".repeat(65), 1)).rejects.toThrow("too long");
      await set(fresh.kysely, "c", 1);
      const value = "\\' OR 1=1 -- \\";
      await fresh.kysely.updateTable("setting").set({ value }).where("name", "=", "c").execute();
      expect((await values()).c).toBe(value);
    } finally {
      await admin.query("SET GLOBAL sql_mode = DEFAULT");
      await admin.end();
      await fresh.close();
    }
  });
});
