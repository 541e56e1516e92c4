import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuMsOf } from "../cpu/processes.ts";
import { currentCommit } from "../report/run-file.ts";
import { type SelfTimes, selfTimes } from "./cpu-profile.ts";
import { scenarios } from "./scenarios.ts";

const warmUpSeconds = 3;
const seconds = 8;
const rows = 30;

/** The monotonic clock, which V8's profiles are on too. */
const nowUs = () => Number(process.hrtime.bigint() / 1000n);

/** Loads a server that runs under V8's profiler, and prints where its time went; the profile stays in bench/results. */
export async function profile(name: string): Promise<void> {
  const scenario = scenarios[name]!;
  const dir = await mkdtemp(join(tmpdir(), "allot-profile-"));
  try {
    const NODE_OPTIONS = `--cpu-prof --cpu-prof-dir=${dir} --cpu-prof-interval=250`;
    await using stand = await scenario.open({ env: { NODE_OPTIONS } });
    const load = await scenario.prepare(stand);
    await load(warmUpSeconds);
    const before = cpuMsOf(stand.allot.pid);
    const fromUs = nowUs();
    const { answers, seconds: took } = await load(seconds);
    const toUs = nowUs();
    const after = cpuMsOf(stand.allot.pid);
    await stand.allot.shutdown();

    const [file] = readdirSync(dir).filter((entry) => entry.endsWith(".cpuprofile"));
    const kept = `bench/results/${currentCommit()}-${name}.cpuprofile`;
    mkdirSync("bench/results", { recursive: true });
    copyFileSync(join(dir, file!), kept);
    const perAnswer = (ms: number) => `${((ms * 1000) / answers).toFixed(1)} µs`;
    const [user, system] = [after.user - before.user, after.system - before.system];
    console.log(
      `${name}: ${Math.round(answers / took).toLocaleString("en")} answers/s under the profiler, which slows it\n` +
        `CPU of the server's process: ${perAnswer(user + system)} a request, of that ${perAnswer(user)} user and ${perAnswer(system)} system\n`,
    );
    console.log(tell(selfTimes(join(dir, file!), fromUs, toUs)));
    console.log(`\n${kept} opens in Chrome's developer tools`);
  } finally {
    await rm(dir, { recursive: true });
  }
}

function tell({ busyUs, idleUs, gcUs, packages, functions }: SelfTimes): string {
  const share = (us: number) => `${((100 * us) / busyUs).toFixed(1).padStart(5)} %`;
  const list = (all: SelfTimes["functions"]) =>
    all.slice(0, rows).map(({ name, us }) => `${share(us)}  ${name}`);
  return [
    `JavaScript's thread was busy for ${((100 * busyUs) / (busyUs + idleUs)).toFixed(1)} % of the time; ` +
      `of that garbage collection${share(gcUs)}`,
    "\nSelf time by package",
    ...list(packages),
    "\nSelf time by function",
    ...list(functions),
  ].join("\n");
}
