import { Random } from "../simulate/random.ts";
import type { FaultOptions } from "./arguments.ts";
import type { Fault, FaultKind } from "./fault.ts";
import { faults } from "./faults/faults.ts";
import { startLent } from "./lent-stand.ts";
import { playRound, type RoundResult } from "./round.ts";
import type { Stand } from "./stand.ts";
import { Tally } from "./tally.ts";

const faultsARound = 3;
/** Rounds that one set of processes lives through, unless something is wrong. */
const roundsAStand = 15;

/** Rounds until there were enough, with a line for each; whether nothing was wrong. */
export async function campaign(options: FaultOptions, stop: AbortSignal): Promise<boolean> {
  const untilMs = performance.now() + options.forMs;
  const tally = new Tally(options.seed);
  const choice = faults.filter(({ name, kind }) => `${kind}: ${name}`.includes(options.only));
  let stand: Stand | undefined;
  try {
    for (
      let round = 0;
      !stop.aborted && performance.now() < untilMs && tally.kills < options.kills;
      round++
    ) {
      const seed = options.seed + round;
      const random = new Random(seed);
      const chosen = Array.from({ length: faultsARound }, () => choose(choice, random));
      if (round % roundsAStand === 0) {
        await stand?.stop(false);
        stand = await startLent({ servers: 2, drainApart: random.chance(0.5) });
      }
      print(`seed ${seed}: ${chosen.map(({ name }) => name).join("; ")}`);
      const result = await playRound(stand!, seed, chosen);
      tally.add(result);
      tell(result);
      if (result.violations.length > 0) {
        print(`what was told and every process's data are kept in ${stand!.dir}`);
        print(
          `once more: npm run faults -- --seed ${seed}${options.only && ` --only "${options.only}"`} --kills 1`,
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

/** Kinds come as often as each other, however many faults there are of each. */
function choose(from: Fault[], random: Random): Fault {
  const kinds = [...new Set(from.map(({ kind }) => kind))];
  const kind: FaultKind = random.pick(kinds);
  return random.pick(from.filter((fault) => fault.kind === kind));
}

function tell({ struck, acknowledged, calls, errors, ended, violations }: RoundResult): void {
  for (const { fault, did, recoveryMs } of struck)
    print(`  ${fault.name} (${did}): well again after ${(recoveryMs / 1_000).toFixed(2)} s`);
  const failed = [...errors].map(([code, count]) => `${count} ${code}`).join(", ");
  print(
    `  ${acknowledged} acknowledged in ${calls} calls${failed && `; ${failed}`}${ended.length > 0 ? `; ended by themselves: ${ended.join(", ")}` : ""}`,
  );
  for (const what of violations.slice(0, 20)) print(`  WRONG ${what}`);
  if (violations.length > 20) print(`  and ${violations.length - 20} more`);
}

const print = (line: string) => process.stdout.write(`${line}\n`);
