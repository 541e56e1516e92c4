import type { DatabaseSync } from "node:sqlite";
import { bulkInsert } from "./bulk-insert.ts";
import { type PrepareOne, prepareCounts } from "./counts.ts";
import type { Parameter } from "./parameter.ts";

/** What a take reads and writes, prepared once. Tables: src/ledger/sqlite/migrations. */
export function prepareStatements(db: DatabaseSync) {
  const one: PrepareOne = <Row>(sql: string) => {
    const statement = db.prepare(sql);
    return (...parameters: Parameter[]) => statement.get(...parameters) as Row | undefined;
  };
  const all = <Row>(sql: string) => {
    const statement = db.prepare(sql);
    return (...parameters: Parameter[]) => statement.all(...parameters) as Row[];
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
      `INSERT INTO partition_state (no, epoch, high_epoch, high_n, clock_ms, indexed_epoch, indexed_n)
       VALUES (0, 1, 1, 0, 0, 1, 0)
       ON CONFLICT (no) DO UPDATE
       SET epoch = epoch + 1, high_epoch = epoch + 1, high_n = 0, indexed_epoch = epoch + 1, indexed_n = 0`,
    ),
    moveClock: run("UPDATE partition_state SET high_n = ?, clock_ms = ?, indexed_n = ? WHERE no = 0"),
    campaign: one<CampaignRow>(
      `SELECT revision, epoch, n, until_ms,
         EXISTS (SELECT 1 FROM released WHERE released.campaign_no = campaign.no) AS has_released
       FROM campaign LEFT JOIN forgotten ON forgotten.campaign_no = campaign.no
         LEFT JOIN sealed ON sealed.campaign_no = campaign.no
       WHERE campaign.no = ?`,
    ),
    forget: run(
      `INSERT INTO forgotten (campaign_no, epoch, n) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET epoch = excluded.epoch, n = excluded.n`,
    ),
    seal: run(
      `INSERT INTO sealed (campaign_no, until_ms) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET until_ms = MAX(until_ms, excluded.until_ms)`,
    ),
    release: run("INSERT OR IGNORE INTO released (campaign_no, serial) VALUES (?, ?)"),
    counts: prepareCounts(one, "counted"),
    countsWithoutReleased: prepareCounts(one, "left out"),
    someBanned: one("SELECT 1 FROM participant WHERE banned = 1 LIMIT 1"),
    bannedOf: all<{ user_hash: Uint8Array }>(
      `SELECT user_hash FROM row_number AS row CROSS JOIN participant INDEXED BY participant_banned_by_hash
       WHERE row.no < ? AND user_hash = substr(?, row.no * 16 + 1, 16) AND banned = 1`,
    ),
    indexRecent: run(
      `INSERT OR IGNORE INTO entry_by_hash (hash, campaign_no, epoch, n, i)
       SELECT user_hash, campaign_no, epoch, n, i FROM recent_entry
       UNION SELECT request_hash, campaign_no, epoch, n, i FROM recent_entry WHERE request_hash IS NOT NULL
       UNION SELECT address_hash, campaign_no, epoch, n, i FROM recent_entry WHERE address_hash IS NOT NULL`,
    ),
    addHashes: bulkInsert(db, "entry_by_hash", ["epoch"], ["hash", "campaign_no", "n", "i"]),
    inTable: all<{ hash: Uint8Array }>(
      `SELECT found.hash FROM row_number AS row CROSS JOIN entry_by_hash AS found
       WHERE row.no < ? AND found.hash = substr(?, row.no * 16 + 1, 16) AND found.campaign_no = ?`,
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
    addEntries: bulkInsert(
      db,
      "entry",
      ["partition_no", "epoch", "n", "campaign_no", "prize_no", "revision", "space_no", "time_ms"],
      ["i", "serial", "number", "drawn_no", ...whoColumns],
    ),
  };
}

const whoColumns = ["user_id", "user_hash", "request_hash", "request_fields", "address_hash"];

interface CampaignRow {
  revision: number;
  /** Its entries up to here count no more; null: all count. */
  epoch: number | null;
  n: number | null;
  /** Takes for days that begin before are refused; null: none is. */
  until_ms: number | null;
  /** 1: some of its entries count no more. */
  has_released: number;
}

export type Statements = ReturnType<typeof prepareStatements>;
