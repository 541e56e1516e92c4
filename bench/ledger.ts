/**
 * What recording costs: transactions of 2,000 coupons through Lending.record, in outbox entries of 50, beside a floor: the same rows into
 * a table with the same keys by the same text, written beforehand, in a transaction that remembers nothing else. And transactions of one
 * coupon, which show what any transaction costs. All take turns in every round, so that a busy machine slows them alike; the figures are
 * medians over the rounds. `loop` is CPU of this thread, `database` that of the whole server. Passes at 0.75 of the floor.
 *
 *   node bench/ledger.ts
 */
import { createConnection } from "mysql2/promise";
import type { OutboxBatch } from "../src/ledger/lending.ts";
import { InsertText } from "../src/ledger/mysql/lending/insert-text.ts";
import { Rows } from "../src/ledger/rows.ts";
import { ensureServers } from "../test/servers/ensure-servers.ts";
import { startMysql } from "../test/servers/mysql.ts";
import { cpuMsOf } from "./cpu/processes.ts";
import { lentCampaign } from "./lent-campaign.ts";
import { atLeast, atMost } from "./line.ts";
import { runFrom } from "./outbox-rows.ts";
import { type Benchmark, median, type Result } from "./result.ts";
import { ratios } from "./rounds/take-turns.ts";
import type { Turn } from "./rounds/turn.ts";

const entryRows = 50;
const transactionRows = 2_000;
const transactions = 10;
const singles = 100;
const floorShare = 0.75;
const loopUs = 1.5;

/** One transaction of the turn: what it records is made before it is measured. */
type Prepare = () => { rows: number; work: () => Promise<unknown> };

async function measure(rounds: number): Promise<Result> {
  await using server = await startMysql();
  const { ledger, lending, epoch, campaignNo, spaceNo } = await lentCampaign(server.url);
  const floor = await createConnection(server.url);
  await floor.query("CREATE TABLE floor_entry LIKE entry");
  const insertText = new InsertText();
  let [n, serial] = [0, 0];

  function batchOf(size: number, requests: boolean): OutboxBatch {
    const run = runFrom(serial, { campaignNo, spaceNo, size, requests });
    serial += size;
    return { epoch, n: ++n, timeMs: Date.now(), runs: [run], handBacks: [] };
  }

  const batches = (requests: boolean) =>
    Array.from({ length: transactionRows / entryRows }, () => batchOf(entryRows, requests));

  const record = (requests: boolean) => () => {
    const all = batches(requests);
    return { rows: transactionRows, work: () => lending.record(0, all) };
  };

  const contenders: Record<string, { times: number; prepare: Prepare }> = {
    record: { times: transactions, prepare: record(false) },
    "record, request ids": { times: transactions, prepare: record(true) },
    floor: {
      times: transactions,
      prepare() {
        const rows = new Rows(0, batches(false));
        const texts: string[] = [];
        for (let from = 0; from < rows.size; ) {
          const { text, to } = insertText.write(rows, from, rows.size);
          texts.push(text.replace("INTO entry", "INTO floor_entry"));
          from = to;
        }
        const work = async () => {
          await floor.query("BEGIN");
          for (const text of texts) await floor.query(text);
          await floor.query("COMMIT");
        };
        return { rows: rows.size, work };
      },
    },
    single: {
      times: singles,
      prepare() {
        const batch = batchOf(1, false);
        return { rows: 1, work: () => lending.record(0, [batch]) };
      },
    },
  };

  async function turn({ times, prepare }: { times: number; prepare: Prepare }): Promise<Turn> {
    const prepared = Array.from({ length: times }, prepare);
    const rows = prepared.reduce((sum, one) => sum + one.rows, 0);
    const databaseMs = () => {
      const { user, system } = cpuMsOf(server.pid);
      return user + system;
    };
    const [before, startMs, cpu] = [databaseMs(), performance.now(), process.threadCpuUsage()];
    for (const { work } of prepared) await work();
    const { user, system } = process.threadCpuUsage(cpu);
    const perSecond = (1_000 * rows) / (performance.now() - startMs);
    const database = (1_000 * (databaseMs() - before)) / rows;
    return { perSecond, cpuUs: { loop: (user + system) / rows, database } };
  }

  const turns: Record<string, Turn[]> = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const result = await turn(contender);
      if (round > 0) turns[name]!.push(result);
    }
  }
  await floor.end();
  await ledger.close();
  const loop = turns.record!.map(({ cpuUs }) => cpuUs.loop!);
  return {
    settings: { rounds, entryRows, transactionRows, transactions },
    lines: [
      atLeast("record ÷ floor", ratios(turns.record!, turns.floor!), floorShare),
      atMost("CPU that recording takes from the server's loop, a coupon", loop, loopUs, "µs"),
    ],
    contenders: turns,
    yardstick: "floor",
    figures: {},
  };
}

export const recording: Benchmark = {
  title: "What recording costs",
  about:
    "Coupons a second into the ledger, and CPU of the server's loop and of the database a coupon, beside the same rows inserted with nothing " +
    "else remembered.",
  run: ({ rounds }) => measure(rounds),
};

if (import.meta.main) {
  ensureServers();
  const { contenders, lines } = await measure(15);
  for (const [name, turns] of Object.entries(contenders!)) {
    const us = (process: string) => median(turns.map(({ cpuUs }) => cpuUs[process]!)).toFixed(2);
    const perSecond = Math.round(median(turns.map((turn) => turn.perSecond))).toLocaleString("en");
    console.log(
      `${name.padEnd(20)} ${perSecond.padStart(8)} rows/s  loop ${us("loop")} µs, database ${us("database")} µs a row`,
    );
  }
  for (const { what, measured, bound, passed } of lines) {
    console.log(`${passed ? "PASS" : "FAIL"}  ${what}: ${measured} (${bound})`);
  }
  if (lines.some(({ passed }) => !passed)) process.exitCode = 1;
}
