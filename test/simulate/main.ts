import { parseArgs } from "node:util";
import { drawFaults } from "./faults.ts";
import { simulateGlobals } from "./globals.ts";
import { run } from "./run.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});

simulateGlobals();
const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const startedMs = performance.now();
let failed = 0;
for (let seed = from; seed < from + count; seed++) {
  const outcome = await run(seed, drawFaults, { trace: values.trace });
  const { problems, ...rest } = outcome;
  if (problems.length > 0 || count === 1 || values.verbose) console.log(JSON.stringify(rest));
  for (const problem of problems) console.log(`  seed ${seed}: ${problem}`);
  if (problems.length > 0) failed++;
}
console.log(`${count} seeds, ${failed} failed, ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
process.exit(failed > 0 ? 1 : 0);
