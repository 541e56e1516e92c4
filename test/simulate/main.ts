import { parseArgs } from "node:util";
import { drawFaults } from "./faults.ts";
import { simulateGlobals } from "./globals.ts";
import { mutate } from "./mutations.ts";

/**
 * node test/simulate/main.ts --seeds 2000 [--from 1]: runs that many seeds and tells of those that fail.
 * --seed 7 [--trace]: that one again, with all that happened. --mutate "…": with a mechanism taken out (mutations.ts), until a seed fails.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
    mutate: { type: "string" },
  },
});

if (values.mutate !== undefined) mutate(values.mutate);
// Only now, so that what is loaded is what was asked for.
const { run } = await import("./run.ts");
simulateGlobals();

const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const startedMs = performance.now();
const faults = new Map<string, number>();
let ran = 0;
let told = 0;
let failed = 0;
for (let seed = from; seed < from + count; seed++) {
  const { problems, ...outcome } = await run(seed, drawFaults, { trace: values.trace });
  ran++;
  told += outcome.told;
  for (const [name, times] of Object.entries(outcome.faults))
    faults.set(name, (faults.get(name) ?? 0) + times);
  if (problems.length > 0 || count === 1 || values.verbose) console.log(JSON.stringify(outcome));
  for (const problem of problems.slice(0, 20)) console.log(`  seed ${seed}: ${problem}`);
  if (problems.length > 0) failed++;
  if (failed > 0 && values.mutate !== undefined) break;
}
console.log(`faults: ${JSON.stringify(Object.fromEntries([...faults].sort()))}`);
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
console.log(`${ran} seeds, ${failed} failed, ${told} answers, ${seconds} s`);
process.exit(failed > 0 ? 1 : 0);
