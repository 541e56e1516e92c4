import type { Interval } from "../record/interval.ts";
import type { JournalPages } from "../record/journal.ts";
import type { Outcome } from "../record/outcome.ts";
import type { ScenarioName } from "../scenario/scenarios.ts";
import type { Destination, Protocol } from "../sender/sender.ts";

/** What one worker thread is to do. */
export interface WorkerPlan {
  worker: number;
  workers: number;
  to: Destination;
  protocol: Protocol;
  closed: boolean;
  scenario: ScenarioName;
  seed: number;
  /** Prefix of this run's user and request ids. */
  run: string;
  campaignId: string;
  onePerUser: boolean;
  /** The campaign counts by address, so requests name one. */
  addresses: boolean;
  /** What the mechanic laid out for the load. */
  goods: readonly string[];
  users: number;
  /** This worker's sends; absent in a closed loop that ends by time. */
  sends: number | undefined;
  durationMs: number;
  intervalMs: number;
}

/** To a worker. `startMs` is on the monotonic clock. */
export type Order = { kind: "start"; startMs: number } | { kind: "stop" };

/** What asking again about requests with an unknown outcome came to. */
export interface Settled {
  asked: number;
  outcomes: Map<Outcome, number>;
}

/** From a worker. */
export type Message =
  | { kind: "ready" }
  | { kind: "interval"; interval: Interval }
  /** The load is over; asking again about unknown outcomes begins. */
  | { kind: "loaded"; endMs: number }
  | { kind: "done"; pages: JournalPages; settled: Settled; lag: string };
