import { showBytes } from "./bytes.ts";
import { bad, type Finding, judgeBy, ok, type Rule, type Verdict, warn } from "./finding.ts";
import type { MysqlFacts } from "./mysql-facts.ts";
import { timingRules } from "./timing.ts";

const MiB = 1024 * 1024;
const least = { mysql: [8, 0], mariadb: [10, 6] };

export function judgeMysql(facts: MysqlFacts): Finding[] {
  return judgeBy("MySQL", rules, facts);
}

type Variables = MysqlFacts["variables"];

const isMariadb = (variables: Variables) => /mariadb/i.test(variables.get("version") ?? "");

/** How to change a setting for good: MySQL remembers it, MariaDB has to be told in its file. */
function set(variables: Variables, name: string, value: string): string {
  return isMariadb(variables)
    ? `SET GLOBAL ${name} = ${value}, and \`${name} = ${value}\` under [mysqld] in its option file.`
    : `SET PERSIST ${name} = ${value}.`;
}

function judge(check: string, why: string, verdict: (variables: Variables) => Verdict): Rule<MysqlFacts> {
  return { check, why, judge: ({ variables }) => verdict(variables) };
}

const rules: Rule<MysqlFacts>[] = [
  judge(
    "version",
    "Older servers lock and compare differently from those that Allot is tested on.",
    (variables) => {
      const version = variables.get("version") ?? "unknown";
      const mariadb = isMariadb(variables);
      const found = mariadb || /[a-z]{4}/i.test(version) ? version : `MySQL ${version}`;
      const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
      const [leastMajor, leastMinor] = mariadb ? least.mariadb : least.mysql;
      const recent = major > leastMajor! || (major === leastMajor! && minor >= leastMinor!);
      return recent ? ok(found) : bad(found, "Run MySQL 8.0 or MariaDB 10.6, or a later one.");
    },
  ),
  judge("read_only", "The ledger writes: lent serials, coupons, campaigns.", (variables) => {
    const on = ["super_read_only", "read_only"].find(
      (name) => !["OFF", "0", undefined].includes(variables.get(name)),
    );
    return on === undefined
      ? ok("OFF")
      : bad(
          `${on} is ${variables.get(on)}`,
          `Set MYSQL_URL to the primary; if this is the one: SET GLOBAL ${on} = OFF.`,
        );
  }),
  judge(
    "innodb_flush_log_at_trx_commit",
    "With 1 a commit is on disk; with 0 or 2 a crash takes the last second of coupons, whose Redis copy was trimmed in the belief that they are here.",
    (variables) => {
      const name = "innodb_flush_log_at_trx_commit";
      const value = variables.get(name) ?? "unknown";
      return value === "1" ? ok(value) : bad(value, set(variables, name, "1"));
    },
  ),
  judge(
    "innodb_flush_method",
    "nosync and littlesync leave out the very syncs that make a commit durable.",
    (variables) => {
      const value = variables.get("innodb_flush_method") ?? "not set";
      return /^(nosync|littlesync)$/i.test(value)
        ? bad(value, "`innodb_flush_method = O_DIRECT` under [mysqld] in its option file, and a restart.")
        : ok(value);
    },
  ),
  judge(
    "innodb_doublewrite",
    "A power cut in the middle of writing a page destroys the page; the doublewrite buffer has the other copy.",
    (variables) => {
      const value = variables.get("innodb_doublewrite") ?? "unknown";
      return /^(ON|1|DETECT_AND_RECOVER|FAST)$/i.test(value)
        ? ok(value)
        : warn(
            value,
            "`innodb_doublewrite = ON` under [mysqld] in its option file, and a restart; only storage that writes 16 KiB pages whole (ZFS, some clouds) does without.",
          );
    },
  ),
  judge(
    "sync_binlog",
    "After a crash a transaction that is missing in the binary log is rolled back, although its commit was answered; 1 syncs the log first.",
    (variables) => {
      if (["OFF", "0", undefined].includes(variables.get("log_bin"))) return ok("no binary log");
      const value = variables.get("sync_binlog") ?? "unknown";
      return value === "1" ? ok(value) : bad(value, set(variables, "sync_binlog", "1"));
    },
  ),
  judge(
    "binlog_format",
    "The ledger's transactions are READ COMMITTED, which a server that logs statements refuses to write.",
    (variables) => {
      if (["OFF", "0", undefined].includes(variables.get("log_bin"))) return ok("no binary log");
      const value = variables.get("binlog_format") ?? "ROW";
      return value === "STATEMENT" ? bad(value, set(variables, "binlog_format", "ROW")) : ok(value);
    },
  ),
  judge(
    "sql_mode",
    "Without a strict mode values that do not fit are cut off silently; with NO_BACKSLASH_ESCAPES the driver's quoting is unsafe.",
    (variables) => {
      const modes = (variables.get("sql_mode") ?? "").split(",");
      const strict = modes.find((mode) => /^STRICT_(ALL|TRANS)_TABLES$/.test(mode));
      const escapes = !modes.includes("NO_BACKSLASH_ESCAPES");
      if (strict && escapes) return ok(`${strict} in Allot's sessions`);
      return bad(modes.join(",") || "empty", sessionRemedy);
    },
  ),
  judge(
    "time zone",
    "Times are stored as milliseconds since 1970, so the server's zone changes nothing; leases go by the session's clock, which in UTC has no hour twice.",
    (variables) => {
      const session = variables.get("time_zone") ?? "unknown";
      return session === "+00:00"
        ? ok(`UTC in Allot's sessions (the server's system: ${variables.get("system_time_zone")})`)
        : warn(`${session} in Allot's sessions`, sessionRemedy);
    },
  ),
  judge(
    "isolation",
    "With gap locks, which REPEATABLE READ and SERIALIZABLE take, partitions would wait for each other.",
    (variables) => {
      const value = variables.get("transaction_isolation") ?? variables.get("tx_isolation") ?? "unknown";
      return value === "READ-COMMITTED" ? ok(`${value} in Allot's sessions`) : warn(value, sessionRemedy);
    },
  ),
  judge(
    "character set",
    "Names and ids are any Unicode; through another connection character set they would be changed on their way.",
    (variables) => {
      const sets = ["character_set_client", "character_set_connection"].map(
        (name) => variables.get(name) ?? "unknown",
      );
      const other = sets.find((one) => one !== "utf8mb4");
      return other === undefined
        ? ok("utf8mb4 in Allot's sessions")
        : bad(other, "Start the server without `skip-character-set-client-handshake`.");
    },
  ),
  judge(
    "max_allowed_packet",
    "A batch of 1,000 coupons is one statement of some 300 KiB, and campaigns with many attributes are large too.",
    (variables) => {
      const sizeBytes = Number(variables.get("max_allowed_packet") ?? 0);
      const remedy = set(variables, "max_allowed_packet", String(16 * MiB));
      if (sizeBytes >= 4 * MiB) return ok(showBytes(sizeBytes));
      return (sizeBytes >= MiB ? warn : bad)(showBytes(sizeBytes), remedy);
    },
  ),
  judge(
    "default_storage_engine",
    "Allot's tables name InnoDB themselves; tables that people add beside them should be transactional too.",
    (variables) => {
      const value = variables.get("default_storage_engine") ?? "unknown";
      return value === "InnoDB" ? ok(value) : warn(value, set(variables, "default_storage_engine", "InnoDB"));
    },
  ),
  {
    check: "migrations",
    why: "Servers work with the tables of their own version.",
    judge({ migrations: { applied, known } }) {
      if (applied === undefined)
        return warn("no tables yet", "Run `allot migrate`; else the first server makes them.");
      const pending = known.filter((name) => !applied.includes(name));
      const newer = applied.filter((name) => !known.includes(name));
      if (pending.length > 0) {
        return warn(
          `not applied: ${pending.join(", ")}`,
          "Run `allot migrate`; else the next server that starts applies them.",
        );
      }
      if (newer.length > 0)
        return warn(`from a newer version: ${newer.join(", ")}`, "Run the version that made them.");
      return ok("all applied");
    },
  },
  ...timingRules(
    "A block of serials costs a few round trips, which a campaign that has run dry waits for.",
    "Leases and the end of campaigns' days are judged by clocks that should agree.",
  ),
];

const sessionRemedy =
  "Allot sets it for each of its sessions: let no proxy in between (MYSQL_URL) share or reset sessions, or let it keep session variables.";
