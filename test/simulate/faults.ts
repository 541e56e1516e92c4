import type { Random } from "./random.ts";

/** How bad a run is: probabilities for each command or statement, and how often what dies. */
export interface Faults {
  /** A connection to Redis breaks with this command on its way there or back. */
  redisCut: number;
  /** A command or its reply takes long. */
  redisSlow: number;
  /** A connection to the database breaks with this statement on its way there or back. */
  ledgerCut: number;
  ledgerSlow: number;
  /** Something dies, hangs or moves about this often, ms; 0: never. */
  everyMs: number;
  /** Redis may lose what it acknowledged: it syncs every second, or a replica takes over that misses something. */
  isLossy: boolean;
}

export const none: Faults = {
  ...{ redisCut: 0, redisSlow: 0, ledgerCut: 0, ledgerSlow: 0, everyMs: 0 },
  isLossy: false,
};

/** Some runs try one thing much, others everything a little. */
export function drawFaults(random: Random): Faults {
  const some = (most: number) => (random.chance(0.7) ? random.unit() ** 2 * most : 0);
  return {
    redisCut: some(0.05),
    redisSlow: some(0.1),
    ledgerCut: some(0.02),
    ledgerSlow: some(0.02),
    everyMs: random.chance(0.9) ? random.between(300, 4_000) : 0,
    isLossy: random.chance(0.35),
  };
}
