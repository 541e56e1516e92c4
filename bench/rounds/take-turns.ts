import type { RunOptions } from "../result.ts";
import type { Turn } from "./turn.ts";

/** A turn of the length that all of them have. */
export type Contender = (seconds: number) => Promise<Turn>;

/**
 * Everybody does the same thing once in every round, so that a busy machine slows all alike: a figure is a ratio within a round, and the
 * median over the rounds. The order turns round each time, so that nobody always follows the same one. The first round warms up, at half
 * the length, and is not counted.
 */
export async function takeTurns<Name extends string>(
  contenders: Record<Name, Contender>,
  { rounds, seconds }: RunOptions & { seconds: number },
): Promise<Record<Name, Turn[]>> {
  const names = Object.keys(contenders) as Name[];
  const turns = Object.fromEntries(names.map((name) => [name, [] as Turn[]])) as Record<Name, Turn[]>;
  for (let round = 0; round <= rounds; round++) {
    const said: string[] = [];
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const turn = await contenders[name](round === 0 ? Math.max(1, Math.round(seconds / 2)) : seconds);
      if (round > 0) turns[name].push(turn);
      said.push(`${name} ${Math.round(turn.perSecond).toLocaleString("en")}/s`);
    }
    console.log(`${round === 0 ? "warming up" : `round ${round}`}: ${said.join(", ")}`);
  }
  return turns;
}

/** One's rate over another's, round by round. */
export function ratios(one: Turn[], other: Turn[]): number[] {
  return one.map(({ perSecond }, round) => perSecond / other[round]!.perSecond);
}
