import { Latency } from "./latency.ts";
import { addCount, type Outcome } from "./outcome.ts";

/** What one worker saw in one interval of the run; travels between threads. */
export interface Interval {
  /** Number of the interval, from the start of the load; below 0 before it. */
  index: number;
  lengthMs: number;
  sent: number;
  outcomes: Map<Outcome, number>;
  /** Encoded histogram: from due (open loop) or from sent (closed loop) to the answer. */
  latency: string;
  inFlight: number;
  /** Due, and without a free connection at the interval's end. */
  waiting: number;
  /** Share of the interval in which the worker's event loop was busy. */
  utilization: number;
  /** Requests taken up more than 10 ms after they were due, because the load test itself was busy. */
  lateByGenerator: number;
  /** Requests sent more than 10 ms after they were due for want of a free connection. */
  lateByConnection: number;
}

/** Counts one interval until it is cut off. */
export class OpenInterval {
  sent = 0;
  lateByGenerator = 0;
  lateByConnection = 0;
  readonly latency = new Latency();
  #outcomes = new Map<Outcome, number>();

  count(outcome: Outcome): void {
    addCount(this.#outcomes, outcome, 1);
  }

  /** The interval as a record; starts the next one. */
  cut(state: Pick<Interval, "index" | "lengthMs" | "inFlight" | "waiting" | "utilization">): Interval {
    const interval: Interval = {
      ...state,
      sent: this.sent,
      outcomes: this.#outcomes,
      latency: this.latency.encode(),
      lateByGenerator: this.lateByGenerator,
      lateByConnection: this.lateByConnection,
    };
    this.sent = 0;
    this.lateByGenerator = 0;
    this.lateByConnection = 0;
    this.latency.reset();
    this.#outcomes = new Map();
    return interval;
  }
}
