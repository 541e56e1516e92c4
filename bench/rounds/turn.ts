import type { CpuTimes } from "../cpu/processes.ts";

/** What somebody did in one turn. */
export interface Turn {
  /** Requests answered as they should be, or whatever is counted. */
  perSecond: number;
  /** Microseconds of CPU a request, by process. */
  cpuUs: CpuTimes;
}
