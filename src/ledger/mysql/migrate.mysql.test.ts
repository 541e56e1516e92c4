import { createConnection, type RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import { freshDatabase } from "../../../test/servers/fresh-database.ts";
import { TcpProxy } from "../../../test/servers/tcp-proxy.ts";
import { LedgerUnavailable } from "../ledger.ts";
import { readMigrations } from "../sql/migrations.ts";
import { migrate } from "./migrate.ts";

const all = readMigrations(new URL("./migrations/", import.meta.url));
const names = all.map(({ name }) => name);

async function query(url: string, sql: string): Promise<unknown[]> {
  const connection = await createConnection({ uri: url, rowsAsArray: true });
  const [rows] = await connection.query<RowDataPacket[][]>(sql);
  await connection.end();
  return rows.map?.((row) => String(row[0])) ?? [];
}

test("eight servers that migrate at once do it once", async () => {
  const url = await freshDatabase();
  const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(url)));
  expect(applied.flat()).toEqual(names);
  expect(await query(url, "SELECT name FROM migration ORDER BY name")).toEqual(names);
  expect(await query(url, "SELECT name FROM setting")).toEqual(["code-space-lock"]);
  expect(await migrate(url)).toEqual([]);
});

test("a migration that died at any statement is carried on by the next", async () => {
  const url = await freshDatabase();
  for (const { statements } of all) {
    for (const statement of statements) await query(url, statement);
    // Nothing of it was noted: what is there already must not be in the way.
    expect(await query(url, "SHOW TABLES LIKE 'migration'")).toEqual([]);
  }
  expect(await migrate(url)).toEqual(names);
  expect(await query(url, "SELECT name FROM setting")).toEqual(["code-space-lock"]);
});

test("records of mutations keep what they were made on", async () => {
  const url = await freshDatabase();
  const before = all.filter(({ name }) => name < "0006");
  for (const { statements } of before) for (const statement of statements) await query(url, statement);
  await query(
    url,
    `INSERT INTO mutation (method, request_id, digest, campaign_no, create_ms)
     VALUES ('CreateCampaign', 'r', REPEAT('d', 32), 1234567, 0)`,
  );
  await migrate(url);
  expect(await query(url, "SELECT subject FROM mutation")).toEqual(["1234567"]);
});

test("all ids and texts that are compared are bytes, and no column is a floating-point number", async () => {
  const url = await freshDatabase();
  await migrate(url);
  const columns = await query(
    url,
    `SELECT CONCAT(table_name, '.', column_name, ' ', data_type) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND data_type NOT IN ('varbinary', 'binary', 'blob', 'mediumblob', 'tinyint', 'smallint', 'int', 'bigint')
     ORDER BY 1`,
  );
  expect(columns).toEqual([
    "campaign_revision.content mediumtext",
    "code_space.alphabet mediumtext",
    "dead_letter.content mediumtext",
    "event.data mediumtext",
    "prize.attributes mediumtext",
    "round.from_marks text",
    "round.marks text",
    "round.quotas text",
    "webhook_position.places mediumtext",
  ]);
});

test("says what is wrong with the address", async () => {
  const url = new URL(await freshDatabase());
  url.pathname = "";
  await expect(migrate(url.href)).rejects.toThrow("MYSQL_URL names no database");
  url.port = "1";
  await expect(migrate(url.href)).rejects.toThrow(LedgerUnavailable);
});

test("a connection that breaks in the middle is an outage, after which one tries again", async () => {
  const url = new URL(await freshDatabase());
  const proxy = await TcpProxy.start(Number(url.port));
  const holder = await createConnection({ uri: url.href });
  const lock = "CONCAT('allot migrate ', LEFT(SHA2(DATABASE(), 256), 40))";
  await holder.query(`SELECT GET_LOCK(${lock}, 0)`);
  const throughProxy = new URL(url);
  throughProxy.port = String(proxy.port);
  const migrating = migrate(throughProxy.href);
  migrating.catch(() => {});
  const waiting =
    "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT DATABASE()%GET_LOCK%'";
  await expect.poll(() => query(url.href, waiting)).toEqual(["1"]);
  proxy.cut();
  await expect(migrating).rejects.toThrow(LedgerUnavailable);
  holder.destroy();
  await proxy.stop();
  expect(await migrate(url.href)).toEqual(names);
});
