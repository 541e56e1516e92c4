/**
 * What recording costs: rows a second through Lending.record, an outbox entry of 1,000 coupons at a time, beside a floor: the same
 * rows into a table with the same keys by one prepared text of INSERT in a transaction, with nothing else remembered. Both take turns in
 * every round, so that a busy machine slows them alike; the figures are medians over the rounds. Passes at 0.75 of the floor.
 *
 *   node bench/ledger.ts
 */
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { createConnection } from "mysql2/promise";
import type { Entry } from "../src/ledger/ledger.ts";
import type { OutboxBatch } from "../src/ledger/lending.ts";
import { mysqlLedger } from "../src/ledger/mysql/ledger.ts";
import { insertText } from "../src/ledger/mysql/lending/insert-entries.ts";
import { migrate } from "../src/ledger/mysql/migrate.ts";
import { ensureServers } from "../test/servers/ensure-servers.ts";
import { startMysql } from "../test/servers/mysql.ts";
import { median } from "./result.ts";

const ROUNDS = 31;
const WARM_UP = 5;
const ROWS = 1_000;
/** A turn is this many outbox entries, each recorded by itself, as under steady load. */
const ENTRIES = 5;
const LIMIT = 0.75;

ensureServers();
await using server = await startMysql();
await migrate(server.url);
const { ledger, lending } = mysqlLedger(server.url);
await lending.setUpPartitions(1);
const epoch = (await lending.beginArming(0, 0, "bench", 60_000))!;
await lending.endArming(0, epoch, "bench", true);

const created = await ledger.createCampaign(
  {
    id: "bench",
    name: "Bench",
    startMs: 0,
    endMs: Date.now() + 3_600_000,
    timeZone: "UTC",
    mechanic: "first-come",
    prizes: [{ id: "p1", name: "", quota: 10_000_000, dailyQuota: undefined, attributes: {} }],
    limits: { perUser: 1, perUserPerDay: 0, perAddress: 0 },
    format: { alphabet: "0123456789ABCDEF", length: 16, prefix: "" },
    allowGuessable: false,
    partitions: 1,
    wrappedKey: randomBytes(32),
    nowMs: Date.now(),
  },
  undefined,
);
if (created.kind !== "created") throw new Error(created.kind);
const { campaign } = created;
const pool = { campaignNo: campaign.no, prizeNo: 0, day: "", partitionNo: 0, epoch };
await lending.lend(pool, 1, 5_000_000, true);

const floor = await createConnection(server.url);
await floor.query("CREATE TABLE floor_entry LIKE entry");

let serial = 0;
let n = 0;
function outboxEntry(): OutboxBatch {
  n++;
  const timeMs = Date.now();
  const entries = Array.from({ length: ROWS }, (_, i): Entry => {
    serial++;
    const who = { userId: `user-${serial}`, userHash: randomBytes(16), addressHash: undefined };
    const request = { requestHash: randomBytes(16), requestFields: randomBytes(8) };
    const where = { partitionNo: 0, epoch, n, i, campaignNo: campaign.no, prizeNo: 0, revision: 1 };
    return { ...where, spaceNo: campaign.space.no, serial: serial - 1, timeMs, ...who, ...request };
  });
  return { epoch, n, timeMs, entries, handBacks: [] };
}

/** Rows a second. */
async function turn(work: (batch: OutboxBatch) => () => Promise<unknown>): Promise<number> {
  const steps = Array.from({ length: ENTRIES }, () => work(outboxEntry()));
  const startMs = performance.now();
  for (const step of steps) await step();
  return (ENTRIES * ROWS * 1000) / (performance.now() - startMs);
}

const contenders = {
  record: (batch: OutboxBatch) => () => lending.record(0, [batch]),
  floor: ({ entries }: OutboxBatch) => {
    const text = insertText(entries).replace("INTO entry", "INTO floor_entry");
    return async () => {
      await floor.query("BEGIN");
      await floor.query(text);
      await floor.query("COMMIT");
    };
  },
};

const turns: Record<keyof typeof contenders, number[]> = { record: [], floor: [] };
for (let round = -WARM_UP; round < ROUNDS; round++) {
  for (const name of ["record", "floor"] as const) {
    const result = await turn(contenders[name]);
    if (round >= 0) turns[name].push(result);
  }
}

const [[version]] = (await floor.query("SELECT VERSION() AS version")) as unknown as [{ version: string }[]];
console.log(
  `${cpus()[0]?.model}, Node ${process.version}, ${version!.version}, ${ROUNDS} rounds of ${ENTRIES} × ${ROWS} rows`,
);
for (const [name, all] of Object.entries(turns)) {
  console.log(`${name.padEnd(8)} ${Math.round(median(all)).toLocaleString("en").padStart(8)} rows/s`);
}
const ratio = median(turns.record.map((rows, i) => rows / turns.floor[i]!));
const passed = ratio >= LIMIT;
console.log(`${passed ? "PASS" : "FAIL"}  record ÷ floor: ${ratio.toFixed(2)} (at least ${LIMIT})`);
await floor.end();
await ledger.close();
if (!passed) process.exitCode = 1;
