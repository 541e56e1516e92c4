import { Command, InvalidArgumentError } from "commander";
import { ensureServers } from "../test/servers/ensure-servers.ts";
import { benchmarks } from "./benchmarks.ts";
import { must } from "./line.ts";
import { profile } from "./profile/profile.ts";
import { scenarioNames } from "./profile/scenarios.ts";
import { compare } from "./report/compare.ts";
import { writeDocument } from "./report/document.ts";
import { thisMachine } from "./report/machine.ts";
import { beginRun, currentCommit, type Run, readRun, savedCommits, saveRun } from "./report/run-file.ts";
import { tell } from "./report/tell.ts";
import type { Result } from "./result.ts";

const names = Object.keys(benchmarks);
const nameHelp = names.map(
  (name) => `  ${name.padEnd(14)}${benchmarks[name]!.title}${benchmarks[name]!.deep ? " (--deep)" : ""}`,
);

interface Options {
  rounds: number;
  deep: boolean;
  write: boolean;
  compare?: string[];
}

const program = new Command("bench")
  .description("What the service must reach, measured beside its yardsticks in the same run.")
  .argument("[names...]", "benchmarks to run (default: all but the deep ones)", readNames)
  .option("--rounds <n>", "how many times everything takes its turn", readRounds, 5)
  .option("--deep", "the deep ones too, which take long", false)
  .option("--write", "write docs/performance.md, as a run of all does by itself", false)
  .option("--compare <commits...>", "run nothing; show what changed between the results of two commits")
  .addHelpText("after", `\nBenchmarks:\n${nameHelp.join("\n")}`)
  .action(async (wanted: string[] = [], options: Options) => {
    if (options.compare) return console.log(compare(...twoRuns(options.compare)));
    await measure(wanted, options);
  });

program
  .command("profile")
  .description("Where the server's time goes under load, by function and package; the .cpuprofile stays")
  .argument("[scenario]", scenarioNames.join(", "), readScenario, scenarioNames[0])
  .action(async (scenario: string) => {
    ensureServers();
    await profile(scenario);
  });

await program.parseAsync();
// A client that still waits somewhere must not hold the process up.
process.exit();

async function measure(wanted: string[], { rounds, deep, write }: Options): Promise<void> {
  ensureServers();
  const chosen = names.filter((name) =>
    wanted.length > 0 ? wanted.includes(name) : deep || !benchmarks[name]!.deep,
  );
  const run = beginRun(currentCommit(), thisMachine());
  for (const name of chosen) {
    console.log(`\n== ${name}: ${benchmarks[name]!.title}`);
    const result = await benchmarks[name]!.run({ rounds }).catch(unmeasured);
    run.results[name] = { ...result, date: new Date().toISOString() };
    saveRun(run);
    console.log(tell(result));
    if (result.lines.some(({ passed }) => !passed)) process.exitCode = 1;
  }
  console.log(`\nwritten to bench/results/${run.commit}.json`);
  if (write || wanted.length === 0) console.log(`written to ${writeDocument(run)}`);
}

/** One benchmark that breaks off does not take the others with it, but its line is missed. */
function unmeasured(error: Error): Result {
  console.error(error.stack);
  const [reason = ""] = error.message.split("\n");
  return { settings: {}, lines: [must("could be measured", reason, "yes", false)], figures: {} };
}

function readNames(name: string, before: string[] = []): string[] {
  if (!Object.hasOwn(benchmarks, name)) throw new InvalidArgumentError(`There are ${names.join(", ")}.`);
  return [...before, name];
}

function readRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new InvalidArgumentError("It must be 1 to 100.");
  return rounds;
}

function readScenario(name: string): string {
  if (!scenarioNames.includes(name)) throw new InvalidArgumentError(`There are ${scenarioNames.join(", ")}.`);
  return name;
}

function twoRuns(commits: string[]): [Run, Run] {
  const runs = commits.map(readRun);
  if (runs.length !== 2 || runs.includes(undefined)) {
    program.error(`error: --compare wants two of ${savedCommits().join(", ") || "no results yet"}`);
  }
  return runs as [Run, Run];
}
