import type { RunOptions } from "../result.ts";
import type { Turn } from "./turn.ts";

/** A turn of the length that all of them have. */
export type Contender = (seconds: number) => Promise<Turn>;

export interface TurnsOptions extends RunOptions {
  seconds: number;
  /** Something else that is measured once a round. */
  betweenRounds?(): Promise<void> | undefined;
}

/**
 * Everybody does the same thing once in every round, so that a busy machine slows all alike: a figure is a ratio within a round, and the
 * median over the rounds. The order turns round each time, so that nobody always follows the same one. The first round warms up and is
 * not counted.
 */
export async function takeTurns<Name extends string>(
  contenders: Record<Name, Contender>,
  { rounds, seconds, betweenRounds }: TurnsOptions,
): Promise<Record<Name, Turn[]>> {
  const names = Object.keys(contenders) as Name[];
  const turns = Object.fromEntries(names.map((name) => [name, [] as Turn[]])) as Record<Name, Turn[]>;
  for (let round = 0; round <= rounds; round++) {
    const said: string[] = [];
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const turn = await contenders[name](seconds);
      if (round > 0) turns[name].push(turn);
      said.push(`${name} ${Math.round(turn.perSecond).toLocaleString("en")}/s`);
    }
    await betweenRounds?.();
    console.log(`${round === 0 ? "warming up" : `round ${round}`}: ${said.join(", ")}`);
  }
  return turns;
}

/** One's CPU a request over another's, round by round, of the processes named. */
export function cpuRatios(one: Turn[], other: Turn[], processes: string[]): number[] {
  const sum = ({ cpuUs }: Turn) => processes.reduce((total, name) => total + cpuUs[name]!, 0);
  return one.map((turn, round) => sum(turn) / sum(other[round]!));
}

/** One's rate over another's, round by round. */
export function ratios(one: Turn[], other: Turn[]): number[] {
  return one.map(({ perSecond }, round) => perSecond / other[round]!.perSecond);
}
