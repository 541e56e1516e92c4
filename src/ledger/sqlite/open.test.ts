import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FolderInUse } from "./folder.ts";
import { openSqlite, type SqliteDatabase } from "./open.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "allot-ledger-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const note = (name: string) => ({ name, value: "" });

describe("the data folder", () => {
  test("is for the owner's eyes only", async () => {
    const inner = join(dir, "new", "data");
    const database = openSqlite(inner);
    try {
      await database.kysely.insertInto("setting").values(note("x")).execute();
      expect(statSync(inner).mode & 0o777).toBe(0o700);
      for (const file of ["allot.db", "allot.db-wal", "lock.db"]) {
        expect([file, statSync(join(inner, file)).mode & 0o777]).toEqual([file, 0o600]);
      }
    } finally {
      await database.close();
    }
  });

  test("is refused to a second server, in this process or another, until the first is closed", async () => {
    const first = openSqlite(dir);
    const refused = `${dir} is in use by another Allot server`;
    expect(() => openSqlite(dir)).toThrow(FolderInUse);
    expect(() => openSqlite(dir)).toThrow(refused);
    expect(await openElsewhere(dir)).toContain(refused);
    await first.close();
    expect(await openElsewhere(dir)).toBe("opened");
    await openSqlite(dir).close();
  });

  test("is free again when its server was killed, and what it committed is there", async () => {
    const owner = spawn(process.execPath, [
      "--input-type=module-typescript",
      "-e",
      `${importOpen} const { db } = openSqlite(${JSON.stringify(dir)});
       db.exec("INSERT INTO setting VALUES ('kept', '')"); console.log("ready"); setInterval(() => {}, 1000);`,
    ]);
    await once(owner.stdout, "data");
    expect(() => openSqlite(dir)).toThrow(FolderInUse);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    const database = openSqlite(dir);
    const kept = await database.kysely
      .selectFrom("setting")
      .select("name")
      .where("name", "=", "kept")
      .execute();
    expect(kept).toEqual([{ name: "kept" }]);
    await database.close();
  });
});

describe("exclusive", () => {
  let database: SqliteDatabase;
  beforeEach(() => {
    database = openSqlite(dir);
  });
  afterEach(() => database.close());

  const settings = () =>
    database.kysely.selectFrom("setting").select("name").where("value", "=", "").execute();

  test("keeps synchronous transactions out of one that waits in between", async () => {
    const before = await settings();
    const inserted = Promise.withResolvers<void>();
    const slow = database.exclusive(() =>
      database.kysely
        .transaction()
        .execute(async (tx) => {
          await tx.insertInto("setting").values(note("undone")).execute();
          inserted.resolve();
          await new Promise((resolve) => setImmediate(resolve));
          throw new Error("changed my mind");
        })
        .catch((error: Error) => error.message),
    );
    await inserted.promise;
    const quick = database.exclusive(() => {
      expect(database.db.isTransaction).toBe(false);
      database.db.exec("BEGIN; INSERT INTO setting VALUES ('done', ''); COMMIT");
    });
    expect(await slow).toBe("changed my mind");
    await quick;
    expect(await settings()).toEqual(
      [...before, { name: "done" }].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  });

  test("a transaction that reads first and then writes is not overtaken by a command beside the server", async () => {
    const beside = openSqlite(dir, { beside: true });
    beside.db.exec("PRAGMA busy_timeout = 0");
    const write = () => beside.db.exec("INSERT INTO setting VALUES ('beside', '')");
    await database.exclusive(() =>
      database.kysely.transaction().execute(async (tx) => {
        await tx.selectFrom("setting").selectAll().execute();
        expect(write).toThrow("database is locked");
        await tx.insertInto("setting").values(note("first")).execute();
      }),
    );
    write();
    expect((await settings()).map(({ name }) => name)).toEqual(expect.arrayContaining(["first", "beside"]));
    await beside.close();
  });

  test("runs work in the order it came, goes on after a failure, and passes both on", async () => {
    const order: number[] = [];
    let running = 0;
    const runs = [1, 2, 3].map((n) =>
      database.exclusive(async () => {
        expect(++running).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(n);
        running--;
        if (n === 2) throw new Error("two");
        return n;
      }),
    );
    const settled = await Promise.allSettled(runs);
    expect(order).toEqual([1, 2, 3]);
    expect(settled.map((run) => run.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("close waits for what is under way", async () => {
    let done = false;
    const work = database.exclusive(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      database.db.exec("SELECT 1");
      done = true;
    });
    const again = openAfterClose();
    await work;
    expect(done).toBe(true);
    database = await again;
  });

  async function openAfterClose(): Promise<SqliteDatabase> {
    await database.close();
    return openSqlite(dir);
  }
});

const importOpen = `import { openSqlite } from ${JSON.stringify(new URL("./open.ts", import.meta.url).href)};`;

/** Tries to open the folder in a process of its own: "opened", or what went wrong. */
async function openElsewhere(folder: string): Promise<string> {
  const program = `${importOpen}
    try { await openSqlite(${JSON.stringify(folder)}).close(); console.log("opened"); } catch (error) { console.log(error.message); }`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program]);
  let said = "";
  child.stdout.on("data", (data) => (said += data));
  await once(child, "close");
  return said.trim();
}
