import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";
import { replay } from "./replay.ts";
import { type Subject, subjects } from "./subject.ts";

const usage = `node test/fuzz/main.ts --inputs 100000 --seed 1 [--only protobuf,json] [--finds DIR]
node test/fuzz/main.ts --replay DIR/find-1

Subjects: ${subjects.join(", ")}.
`;

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string", default: subjects.join(",") },
    finds: { type: "string" },
    replay: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const only = values.only.split(",") as Subject[];
const inputs = Number(values.inputs);
const seed = Number(values.seed);
if (
  values.help ||
  !only.every((name) => subjects.includes(name)) ||
  !(inputs > 0) ||
  !Number.isInteger(seed)
) {
  process.stdout.write(usage);
  process.exit(values.help ? 0 : 2);
}
const tell = (line: string) => process.stdout.write(`${line}\n`);

if (values.replay !== undefined) {
  process.exit((await replay(values.replay, tell)) ? 1 : 0);
}

const findsDir = values.finds ?? mkdtempSync(join(tmpdir(), "allot-finds-"));
tell(`seed ${seed}, ${inputs} inputs of ${only.join(", ")}; finds go to ${findsDir}`);
const begunMs = Date.now();
const summary = await fuzz({ inputs, seed, subjects: only, findsDir, tell });
const seconds = Math.round((Date.now() - begunMs) / 1_000);
tell(
  `seed ${seed}: ${summary.inputs} inputs in ${seconds} s, ${summary.answered} answered, ${summary.accepted} accepted; ` +
    `${summary.newPieces} new pieces of code (${summary.newChars} characters), ${summary.kept} inputs kept; ` +
    `heap grew by ${(summary.heapGrowthBytes / 2 ** 20).toFixed(1)} MiB at most; ${summary.finds} finds`,
);
process.exit(summary.finds > 0 ? 1 : 0);
