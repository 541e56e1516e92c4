import type { CpuTimes } from "../cpu/processes.ts";
import { median } from "../result.ts";

/** What somebody did in one turn. */
export interface Turn {
  /** Requests answered as they should be, or whatever is counted. */
  perSecond: number;
  /** Microseconds of CPU a request, by process. */
  cpuUs: CpuTimes;
  /** What processes that have nothing to do with it took of the machine meanwhile, from 0 to 1. */
  othersShare?: number;
}

/** How quiet the machine was: the median and the most of what others took of it. Undefined where that was not measured. */
export function disturbance(contenders: Record<string, Turn[]> = {}): string | undefined {
  const shares = Object.values(contenders).flatMap((turns) =>
    turns.flatMap(({ othersShare }) => othersShare ?? []),
  );
  if (shares.length === 0) return undefined;
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return `other processes took ${percent(median(shares))} of the machine, ${percent(Math.max(...shares))} at most`;
}
