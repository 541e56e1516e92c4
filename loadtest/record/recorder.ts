import type { Send } from "../scenario/scenario.ts";
import type { Answer } from "./answer.ts";
import { type Interval, OpenInterval } from "./interval.ts";
import type { Journal } from "./journal.ts";
import { Latency } from "./latency.ts";
import { outcomeOf, unsent } from "./outcome.ts";

/** A request that is later than this was sent too late to count as on time. */
export const lateAfterMs = 10;

/** Everything one worker learns from its sends: the journal for the audit, the counts and times for the report. */
export class Recorder {
  readonly journal: Journal;
  /** From due to the instant at which the load test took the request up: its own slowness, whatever the server does. */
  readonly lag = new Latency();
  readonly #open = new OpenInterval();
  #inFlight = 0;

  constructor(journal: Journal) {
    this.journal = journal;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  takenUp(lagMs: number): void {
    this.lag.recordMs(lagMs);
    if (lagMs > lateAfterMs) this.#open.lateByGenerator++;
  }

  /** Notes that a request leaves; returns what must be handed back with its answer. */
  sent(send: Send, waitedMs: number): boolean {
    this.#inFlight++;
    this.#open.sent++;
    if (waitedMs > lateAfterMs) this.#open.lateByConnection++;
    return this.journal.sent(send.request);
  }

  /** A client that hung up has no latency; an answer that never came counts with the time that was waited for it. */
  answered(send: Send, owed: boolean, answer: Answer, latencyMs: number): void {
    this.#inFlight--;
    this.journal.answered(send.request, answer, owed);
    this.#open.count(outcomeOf(answer));
    const waitedInVain = answer.kind === "lost" && answer.why === "timed out";
    if (answer.kind === "given" || answer.kind === "refused" || answer.kind === "error" || waitedInVain)
      this.#open.latency.recordMs(latencyMs);
  }

  /** A request that was due and found no connection in time: an error whose latency is at least what it waited. */
  unsent(waitedMs: number): void {
    this.#open.lateByConnection++;
    this.#open.count(unsent);
    this.#open.latency.recordMs(waitedMs);
  }

  cut(state: Pick<Interval, "index" | "lengthMs" | "waiting" | "utilization">): Interval {
    return this.#open.cut({ ...state, inFlight: this.#inFlight });
  }
}
