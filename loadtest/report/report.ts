import type { Check } from "../audit/check.ts";
import type { Point } from "../crew/timeline.ts";
import type { Generator } from "./generator.ts";

interface Count {
  outcome: string;
  count: number;
}

/** Everything a run came to; what `--json` writes and the page shows. Times in milliseconds. */
export interface Report {
  run: RunDescription;
  machine: { node: string; platform: string; processor: string; cores: number };
  load: {
    /** From the first request's due time to the last answer. */
    durationMs: number;
    /** Requests that were due: sent, or given up for want of a connection. */
    due: number;
    sent: number;
    /** What was given and refusals: the service's answers. Errors and hang-ups are not among them. */
    answered: number;
    /** Answers per second. */
    rate: number;
    given: number;
    refused: number;
    errors: number;
    hungUp: number;
  };
  latency: {
    /** Open loop: from the instant a request was due; closed loop: from the instant it was sent. */
    countedFrom: "due" | "sent";
    count: number;
    meanMs: number;
    maxMs: number;
    percentiles: Percentile[];
    /** Finer, for drawing: towards 100 in ever smaller steps. */
    curve: Percentile[];
  };
  /** What became of every request that was due, the most frequent first. */
  outcomes: Count[];
  generator: Generator;
  /** After the load: requests with an unknown outcome, asked again under their request ids. */
  settled: { asked: number; outcomes: Count[] };
  objectives: { text: string; met: boolean; actual: string }[];
  /** Absent when the run was interrupted before it. */
  audit?: { passed: boolean; checks: Check[] };
  timeline: Point[];
  verdict: { exitCode: number; passed: boolean; word: string; meaning: string };
}

export interface Percentile {
  percentage: number;
  ms: number;
}

export interface RunDescription {
  scenario: string;
  summary: string;
  /** What was asked for: coupons, draws, tickets. */
  things: string;
  loop: "open" | "closed";
  protocol: string;
  /** Requests per second that the schedule asked for; only in an open loop. */
  rate?: number;
  plannedMs: number;
  connections: number;
  workers: number;
  users: number;
  seed: number;
  /** The server's address, or "embedded server". */
  target: string;
  campaignId: string;
  quota?: number;
  startTime: string;
  /** Length of the timeline's intervals. */
  intervalMs: number;
}
