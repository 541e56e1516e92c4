import { createConnection } from "mysql2/promise";
import { afterAll, expect, test } from "vitest";
import { freePort } from "../../test/servers/free-port.ts";
import { freshDatabase } from "../../test/servers/fresh-database.ts";
import { type MysqlServer, startMysql } from "../../test/servers/mysql.ts";
import { migrate } from "../ledger/mysql/migrate.ts";
import { examineMysql } from "./examine.ts";

let unsafe: MysqlServer | undefined;
afterAll(() => unsafe?.stop());

async function troubles(url: string) {
  const findings = await examineMysql(url);
  return Object.fromEntries(
    findings.filter(({ level }) => level !== "ok").map(({ check, level }) => [check, level]),
  );
}

async function execute(url: string, statement: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query(statement);
  await connection.end();
}

test("a server as the guarantees ask lacks nothing but its tables, then nothing", async () => {
  const url = await freshDatabase();
  expect(await troubles(url)).toEqual({ migrations: "warn" });
  await migrate(url);
  expect(await troubles(url)).toEqual({});
  await execute(url, "DELETE FROM migration ORDER BY name DESC LIMIT 1");
  expect(await troubles(url)).toEqual({ migrations: "warn" });
});

test("each setting that breaks a promise is found; what Allot's sessions set themselves is no trouble", async () => {
  unsafe = await startMysql({
    config: {
      "innodb-flush-log-at-trx-commit": "2",
      "innodb-doublewrite": "0",
      "log-bin": "binlog",
      "server-id": "1",
      "sync-binlog": "0",
      "sql-mode": "NO_BACKSLASH_ESCAPES",
      "transaction-isolation": "SERIALIZABLE",
      "default-time-zone": "+09:00",
      "character-set-server": "latin1",
      "max-allowed-packet": "1M",
      "default-storage-engine": "MyISAM",
    },
  });
  await migrate(unsafe.url);
  expect(await troubles(unsafe.url)).toEqual({
    innodb_flush_log_at_trx_commit: "bad",
    innodb_doublewrite: "warn",
    sync_binlog: "bad",
    max_allowed_packet: "warn",
    default_storage_engine: "warn",
  });
  await execute(unsafe.url, "SET GLOBAL binlog_format = 'STATEMENT'");
  expect(await troubles(unsafe.url)).toMatchObject({ binlog_format: "bad" });
  await execute(unsafe.url, "SET GLOBAL read_only = ON");
  expect(await troubles(unsafe.url)).toMatchObject({ read_only: "bad" });
});

test("a server that can't be reached, or refuses the password, is one finding with the reason", async () => {
  const nobody = await freePort();
  const [unreachable, ...rest] = await examineMysql(`mysql://allot:allot@127.0.0.1:${nobody}/allot`);
  expect(rest).toEqual([]);
  expect(unreachable).toMatchObject({ check: "connection", level: "bad" });
  expect(unreachable!.found).toContain("ECONNREFUSED");

  const [refused] = await examineMysql((await freshDatabase()).replace("allot:allot@", "allot:wrong@"));
  expect(refused!.found).toContain("Access denied");
});
