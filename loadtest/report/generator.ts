import type { Load } from "../crew/crew.ts";
import { saturatedFrom } from "../crew/timeline.ts";

/** Whether the figures are the server's, or the load test was too slow to put the load on. Times in milliseconds. */
export interface Generator {
  /** From due to the instant at which the load test took a request up. */
  lagP99Ms: number;
  lagMaxMs: number;
  /**
   * Requests that were late by more than 10 ms because of the load test: taken up late, or late for want of a connection while
   * its event loop had no room left.
   */
  lateByGenerator: number;
  /** Requests that were late by more than 10 ms because every connection waited for the server. */
  lateByConnection: number;
  /** How busy the workers' event loops were, on average: 0 to 1. */
  utilization: number;
  /** The load test was the bottleneck, so the run says nothing about the server's speed. */
  bottleneck: boolean;
}

/** In an open loop at most this share of the requests may be late because of the load test. */
const lateShareAllowed = 0.01;

/** A closed loop has no schedule to be late for: there, workers without room to spare are the bottleneck. */
export const judgeGenerator = ({ timeline, lag }: Load, due: number, closed: boolean): Generator => {
  const { lateByGenerator, lateByConnection, utilization } = timeline;
  return {
    lagP99Ms: lag.percentileMs(99),
    lagMaxMs: lag.maxMs,
    lateByGenerator,
    lateByConnection,
    utilization,
    bottleneck: closed ? utilization >= saturatedFrom : lateByGenerator > due * lateShareAllowed,
  };
};
