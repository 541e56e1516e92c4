import type { DatabaseSync } from "node:sqlite";

/** What a take reads and writes, prepared once. Tables: src/ledger/sqlite/migrations. */
export function prepareStatements(db: DatabaseSync) {
  const one = <Row>(sql: string) => {
    const statement = db.prepare(sql);
    return (...parameters: Parameter[]) => statement.get(...parameters) as Row | undefined;
  };
  const run = (sql: string) => {
    const statement = db.prepare(sql);
    return (...parameters: Parameter[]) => {
      statement.run(...parameters);
    };
  };
  return {
    begin: run("BEGIN IMMEDIATE"),
    commit: run("COMMIT"),
    rollback: run("ROLLBACK"),
    clock: one<{ epoch: number; clock_ms: number }>(
      "SELECT epoch, clock_ms FROM partition_state WHERE no = 0",
    ),
    nextEpoch: run(
      `INSERT INTO partition_state (no, epoch, high_epoch, high_n, clock_ms) VALUES (0, 1, 1, 0, 0)
       ON CONFLICT (no) DO UPDATE SET epoch = epoch + 1, high_epoch = epoch + 1, high_n = 0`,
    ),
    moveClock: run("UPDATE partition_state SET high_n = ?, clock_ms = ? WHERE no = 0"),
    revision: one<{ revision: number }>("SELECT revision FROM campaign WHERE no = ?"),
    request: one<{ fields: Uint8Array; serial: number; time_ms: number }>(
      "SELECT fields, serial, time_ms FROM request WHERE campaign_no = ? AND key = ?",
    ),
    addRequest: run("INSERT INTO request (campaign_no, key, fields, serial, time_ms) VALUES (?, ?, ?, ?, ?)"),
    claim: one<{ count: number; serial: number; time_ms: number }>(
      "SELECT count, serial, time_ms FROM claim WHERE campaign_no = ? AND user_hash = ?",
    ),
    addClaim: run(
      `INSERT INTO claim (campaign_no, user_hash, count, serial, time_ms) VALUES (?, ?, 1, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + 1, serial = excluded.serial, time_ms = excluded.time_ms`,
    ),
    counter: one<{ count: number }>(
      "SELECT count FROM counter WHERE campaign_no = ? AND rule = ? AND day = ? AND key = ?",
    ),
    addCounter: run(
      `INSERT INTO counter (campaign_no, rule, day, key, count) VALUES (?, ?, ?, ?, 1)
       ON CONFLICT DO UPDATE SET count = count + 1`,
    ),
    prize: one<{ quota: number | null; daily_quota: number | null; granted: number }>(
      "SELECT quota, daily_quota, granted FROM prize WHERE campaign_no = ? AND no = ?",
    ),
    setGranted: run("UPDATE prize SET granted = ? WHERE campaign_no = ? AND no = ?"),
    day: one<{ granted: number }>(
      "SELECT granted FROM prize_day WHERE campaign_no = ? AND prize_no = ? AND day = ?",
    ),
    setDay: run(
      `INSERT INTO prize_day (campaign_no, prize_no, day, granted) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET granted = excluded.granted`,
    ),
    lowestFree: one<{ first: number; size: number }>(
      "SELECT first, size FROM free_range WHERE campaign_no = ? AND prize_no = ? ORDER BY first LIMIT 1",
    ),
    removeFree: run("DELETE FROM free_range WHERE campaign_no = ? AND prize_no = ? AND first = ?"),
    addFree: run("INSERT INTO free_range (campaign_no, prize_no, first, size) VALUES (?, ?, ?, ?)"),
    addIssued: run(
      `INSERT INTO prize_count (campaign_no, prize_no, partition_no, issued) VALUES (?, ?, 0, ?)
       ON CONFLICT DO UPDATE SET issued = issued + excluded.issued`,
    ),
    addEntry: run(
      `INSERT INTO entry (partition_no, epoch, n, i, campaign_no, prize_no, revision, space_no, serial, time_ms,
                          user_id, user_hash, request_hash, request_fields, address_hash)
       VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
  };
}

type Parameter = number | string | Uint8Array | null;

export type Statements = ReturnType<typeof prepareStatements>;
