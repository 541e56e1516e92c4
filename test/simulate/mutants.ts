import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { mutations } from "./mutations.ts";

/** node test/simulate/mutants.ts [seeds]: takes one mechanism out at a time, and tells what the simulator makes of it. */
const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const seeds = process.argv[2] ?? "300";

console.log("| taken out | seeds until found | found by |\n|---|---|---|");
for (const name of Object.keys(mutations)) {
  const { stdout, stderr } = spawnSync(process.execPath, [main, "--mutate", name, "--seeds", seeds], {
    encoding: "utf8",
  });
  const first = /^ {2}seed (\d+): (.*)$/m.exec(stdout);
  const found = first
    ? `${first[1]} | ${first[2]!.slice(0, 140)}`
    : `not in ${seeds} | ${stderr.slice(0, 200)}`;
  console.log(`| ${name} | ${found} |`);
}
