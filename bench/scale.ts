/**
 * The capacity model: measures what a coupon costs (about two minutes), prints what that comes to at a rate, and writes it into
 * docs/scale.md. `npm run bench -- scale` measures the same without writing.
 *
 *   node bench/scale.ts [--from <commit>] [--rounds 5] [--rate 1000000] [--utilisation 0.6] [--core-hour 0.05]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureServers } from "../test/servers/ensure-servers.ts";
import { thisMachine } from "./report/machine.ts";
import { beginRun, currentCommit, type Run, readRun, saveRun } from "./report/run-file.ts";
import { scale } from "./scale/measure.ts";
import { usual } from "./scale/model.ts";
import { scaleTables } from "./scale/tables.ts";

const file = join(import.meta.dirname, "../docs/scale.md");
const begin = "<!-- figures: written by `node bench/scale.ts` -->";
const end = "<!-- end of figures -->";

const { values } = parseArgs({
  options: {
    from: { type: "string" },
    rounds: { type: "string", default: "5" },
    rate: { type: "string", default: String(usual.rate) },
    utilisation: { type: "string", default: String(usual.utilisation) },
    "core-hour": { type: "string", default: String(usual.coreHourPrice) },
  },
});

const run = values.from === undefined ? await measure(Number(values.rounds)) : readRun(values.from);
const result = run?.results.scale;
if (!run || !result) throw new Error(`bench/results has no scale of ${values.from}`);
const tables = scaleTables(result, {
  rate: Number(values.rate),
  utilisation: Number(values.utilisation),
  coreHourPrice: Number(values["core-hour"]),
});
console.log(`\n${tables}`);
const { machine } = run;
write(
  [
    `Printed at commit ${run.commit} on ${result.date.slice(0, 10)}, on ${machine.processor}, ${machine.cores} cores; Node ${machine.node}, Redis ${machine.redis}`,
    `(\`appendfsync always\`), database ${machine.database}; load by ${machine.generators}, on the same cores.`,
    "",
    tables,
  ].join("\n"),
);
console.log("written to docs/scale.md");
// A client that still waits somewhere must not hold the process up.
process.exit(result.lines.every(({ passed }) => passed) ? 0 : 1);

async function measure(rounds: number): Promise<Run> {
  ensureServers();
  const fresh = beginRun(currentCommit(), thisMachine());
  fresh.results.scale = { ...(await scale.run({ rounds })), date: new Date().toISOString() };
  saveRun(fresh);
  return fresh;
}

function write(figures: string): void {
  const text = readFileSync(file, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/scale.md has no lines ${begin} and ${end}`);
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${figures}\n${text.slice(to)}`);
}
