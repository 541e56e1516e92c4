import { describe, expect, test } from "vitest";
import type { MysqlFacts } from "./mysql-facts.ts";
import { judgeMysql } from "./mysql-rules.ts";

const safe = {
  version: "9.7.0",
  read_only: "OFF",
  super_read_only: "OFF",
  innodb_flush_log_at_trx_commit: "1",
  innodb_flush_method: "O_DIRECT",
  innodb_doublewrite: "ON",
  log_bin: "ON",
  sync_binlog: "1",
  binlog_format: "ROW",
  sql_mode: "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION",
  time_zone: "+00:00",
  system_time_zone: "KST",
  character_set_client: "utf8mb4",
  character_set_connection: "utf8mb4",
  max_allowed_packet: "67108864",
  transaction_isolation: "READ-COMMITTED",
  default_storage_engine: "InnoDB",
};
const mariadb = { version: "10.11.14-MariaDB-0+deb12u2", super_read_only: undefined };

interface Change {
  variables?: Record<string, string | undefined>;
  applied?: string[] | "no table";
}

function findings({ variables, applied }: Change) {
  const pairs = Object.entries({ ...safe, ...variables }).filter(([, value]) => value !== undefined);
  const facts: MysqlFacts = {
    variables: new Map(pairs as [string, string][]),
    migrations: {
      applied: applied === "no table" ? undefined : (applied ?? ["0001-a", "0002-b"]),
      known: ["0001-a", "0002-b"],
    },
    timing: { roundTripMs: 0.1, clockAheadMs: 0 },
  };
  return judgeMysql(facts);
}

const troubles = (change: Change) =>
  Object.fromEntries(
    findings(change)
      .filter(({ level }) => level !== "ok")
      .map(({ check, level }) => [check, level]),
  );

describe("a MySQL", () => {
  test("that keeps every promise is found to", () => expect(troubles({})).toEqual({}));

  test.each<[string, Change, Record<string, "warn" | "bad">]>([
    ["MariaDB", { variables: mariadb }, {}],
    ["MySQL 5.7", { variables: { version: "5.7.44-log" } }, { version: "bad" }],
    ["MariaDB 10.5", { variables: { version: "10.5.9-MariaDB" } }, { version: "bad" }],
    ["MariaDB 11.4", { variables: { version: "11.4.2-MariaDB-log" } }, {}],
    ["a replica", { variables: { super_read_only: "ON", read_only: "ON" } }, { read_only: "bad" }],
    ["MariaDB as a replica", { variables: { ...mariadb, read_only: "NO_LOCK" } }, { read_only: "bad" }],
    [
      "that flushes every second",
      { variables: { innodb_flush_log_at_trx_commit: "2" } },
      { innodb_flush_log_at_trx_commit: "bad" },
    ],
    ["that syncs nothing", { variables: { innodb_flush_method: "nosync" } }, { innodb_flush_method: "bad" }],
    ["without doublewrite", { variables: { innodb_doublewrite: "OFF" } }, { innodb_doublewrite: "warn" }],
    [
      "that detects only",
      { variables: { innodb_doublewrite: "DETECT_ONLY" } },
      { innodb_doublewrite: "warn" },
    ],
    ["whose binary log lags", { variables: { sync_binlog: "0" } }, { sync_binlog: "bad" }],
    [
      "without a binary log",
      { variables: { log_bin: "OFF", sync_binlog: "0", binlog_format: "STATEMENT" } },
      {},
    ],
    ["that logs statements", { variables: { binlog_format: "STATEMENT" } }, { binlog_format: "bad" }],
    ["that is lax", { variables: { sql_mode: "NO_ENGINE_SUBSTITUTION" } }, { sql_mode: "bad" }],
    ["without modes", { variables: { sql_mode: "" } }, { sql_mode: "bad" }],
    [
      "whose backslashes don't escape",
      { variables: { sql_mode: "STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES" } },
      { sql_mode: "bad" },
    ],
    ["whose sessions have hours twice", { variables: { time_zone: "SYSTEM" } }, { "time zone": "warn" }],
    ["with gap locks", { variables: { transaction_isolation: "REPEATABLE-READ" } }, { isolation: "warn" }],
    [
      "with gap locks, by the old name",
      { variables: { transaction_isolation: undefined, tx_isolation: "SERIALIZABLE" } },
      { isolation: "warn" },
    ],
    ["that speaks latin1", { variables: { character_set_client: "latin1" } }, { "character set": "bad" }],
    ["of small packets", { variables: { max_allowed_packet: "2097152" } }, { max_allowed_packet: "warn" }],
    ["of tiny packets", { variables: { max_allowed_packet: "65536" } }, { max_allowed_packet: "bad" }],
    [
      "that prefers MyISAM",
      { variables: { default_storage_engine: "MyISAM" } },
      { default_storage_engine: "warn" },
    ],
    ["without tables", { applied: "no table" }, { migrations: "warn" }],
    ["behind", { applied: ["0001-a"] }, { migrations: "warn" }],
    ["ahead", { applied: ["0001-a", "0002-b", "0003-c"] }, { migrations: "warn" }],
  ])("%s", (_, change, expected) => expect(troubles(change)).toEqual(expected));

  test("each is told in its own words what to do", () => {
    const remedy = (variables: Record<string, string | undefined>) =>
      findings({ variables: { sync_binlog: "0", ...variables } }).find(({ check }) => check === "sync_binlog")
        ?.remedy;
    expect(remedy({})).toBe("SET PERSIST sync_binlog = 1.");
    expect(remedy(mariadb)).toBe(
      "SET GLOBAL sync_binlog = 1, and `sync_binlog = 1` under [mysqld] in its option file.",
    );
  });
});
