import type { FaultOptions } from "./arguments.ts";
import { startEmbedded } from "./embedded-stand.ts";
import { faults } from "./faults/faults.ts";
import { startLent } from "./lent-stand.ts";
import { type Plan, planRound } from "./plan.ts";
import { preload } from "./preload/preload.ts";
import { Register } from "./register.ts";
import { playRound, type RoundResult } from "./round.ts";
import type { Stand } from "./stand.ts";
import { Tally } from "./tally.ts";

/** Rounds until there were enough, with some lines for each; whether nothing was wrong. */
export async function campaign(options: FaultOptions, stop: AbortSignal): Promise<boolean> {
  const untilMs = performance.now() + options.forMs;
  const register = options.resume ? await Register.open(options) : undefined;
  const tally = new Tally(options.seed);
  const canCompile = (await preload("disk")) !== undefined;
  if (!canCompile) print("not run, for want of a C compiler: faults of clocks, full disks and power");
  const choice = faults.filter(
    ({ name, kind, needs }) => `${kind}: ${name}`.includes(options.only) && (canCompile || needs !== "cc"),
  );
  if (choice.length === 0) throw new Error(`no fault's name or kind has "${options.only}" in it`);
  const isEnough = () =>
    stop.aborted ||
    performance.now() > untilMs ||
    tally.kills >= options.kills ||
    register?.isComplete(tally);
  let stand: Stand | undefined;
  let standSeed: number | undefined;
  try {
    for (let seed = options.seed; !isEnough(); seed++) {
      const plan = planRound(seed, choice);
      if (plan.standSeed !== standSeed) {
        await stand?.stop(false);
        stand = await start(plan);
        standSeed = plan.standSeed;
      }
      print(`seed ${seed}, ${plan.stand.kind}: ${plan.faults.map(({ name }) => name).join("; ")}`);
      const result = await playRound(stand!, seed, plan.faults);
      tally.add(result);
      tell(result);
      await register?.write(tally);
      if (result.violations.length > 0) {
        print(`what was told, and the data of every process, is kept in ${stand!.dir}`);
        print(
          `the same again: npm run faults -- --seed ${seed} --for 1s${options.only && ` --only "${options.only}"`}`,
        );
        break;
      }
    }
  } finally {
    await stand?.stop(tally.violations > 0);
  }
  print(tally.summary());
  return tally.violations === 0;
}

const start = async ({ stand: { kind, drainApart } }: Plan): Promise<Stand> =>
  kind === "embedded" ? await startEmbedded() : await startLent({ servers: 2, drainApart });

function tell({ struck, acknowledged, calls, errors, ended, violations }: RoundResult): void {
  for (const { fault, did, recoveryMs } of struck)
    print(`  ${fault.name} (${did}): well again after ${(recoveryMs / 1_000).toFixed(2)} s`);
  const failed = [...errors].map(([code, count]) => `${count} ${code}`).join(", ");
  print(`  ${acknowledged} acknowledged in ${calls} calls${failed && `; ${failed}`}`);
  if (ended.length > 0) print(`  ended by themselves and were started again: ${ended.join(", ")}`);
  for (const what of violations.slice(0, 20)) print(`  WRONG ${what}`);
  if (violations.length > 20) print(`  and ${violations.length - 20} more`);
}

const print = (line: string) => process.stdout.write(`${line}\n`);
