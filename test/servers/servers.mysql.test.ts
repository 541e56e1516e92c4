import { existsSync } from "node:fs";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import { freshDatabase } from "./fresh-database.ts";
import { startMysql } from "./mysql.ts";

async function query(url: string, sql: string): Promise<unknown[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>({ sql, rowsAsArray: true });
    return rows;
  } finally {
    await connection.end();
  }
}

test.each(["kill", "shutdown"] as const)(
  "a database server keeps its data over %s and restart",
  async (end) => {
    const server = await startMysql();
    try {
      const before = { pid: server.pid, url: server.url };
      await query(server.url, "CREATE TABLE held (word VARCHAR(10))");
      await query(server.url, "INSERT INTO held VALUES ('fast')");
      await server[end]();
      await expect(query(server.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
      await server.restart();
      expect(server.url).toBe(before.url);
      expect(server.pid).not.toBe(before.pid);
      expect(await query(server.url, "SELECT word FROM held")).toEqual([["fast"]]);
    } finally {
      await server.stop();
    }
    expect(existsSync(server.dir)).toBe(false);
  },
);

test("two servers are two: neither data nor identity is shared", async () => {
  await using one = await startMysql();
  await using other = await startMysql({ config: { "innodb-lock-wait-timeout": "7" } });
  await query(one.url, "CREATE TABLE mine (n INT)");
  expect(await query(other.url, "SHOW TABLES")).toEqual([]);
  const identity = "SHOW VARIABLES LIKE 'server_u%id'";
  expect(await query(one.url, identity)).not.toEqual(await query(other.url, identity));
  expect(
    await query(other.url, "SELECT @@innodb_lock_wait_timeout, @@innodb_flush_log_at_trx_commit"),
  ).toEqual([[7, 1]]);
});

test("a fresh database is empty and apart from the others on the shared server", async () => {
  const [one, other] = [await freshDatabase(), await freshDatabase()];
  await query(one, "CREATE TABLE mine (n INT)");
  expect(await query(one, "SHOW TABLES")).toEqual([["mine"]]);
  expect(await query(other, "SHOW TABLES")).toEqual([]);
});
