import type { Answer } from "../record/answer.ts";
import type { Recorder } from "../record/recorder.ts";
import type { Send, Workload } from "../scenario/scenario.ts";
import type { Call } from "../sender/sender.ts";

/** What the loop needs from the world; a test gives it a clock and a sender of its own. */
export interface OpenLoopParts {
  /** When the k-th request is due, in milliseconds on `nowMs`'s clock; never falling. */
  dueMs(k: number): number;
  count: number;
  workload: Workload;
  recorder: Recorder;
  outlet: { readonly free: number; send(send: Send, onAnswer: (answer: Answer) => void): Call };
  nowMs(): number;
  /** A request that has been due for so long and found no connection is given up. */
  timeoutMs: number;
}

interface Waiting {
  send: Send;
  dueMs: number;
  takenUpMs: number;
}

/**
 * Sends at the times of a schedule, whether or not earlier requests have been answered. A request that finds no free connection waits
 * in line, and its latency runs from the instant it was due: a server that stalls can't slow the schedule down and so hide
 * the stall ("coordinated omission").
 */
export class OpenLoop {
  readonly #parts: OpenLoopParts;
  readonly #waiting: Waiting[] = [];
  #firstWaiting = 0;
  #taken = 0;
  #stopped = false;

  constructor(parts: OpenLoopParts) {
    this.#parts = parts;
  }

  /** Requests in line for a connection. */
  get waiting(): number {
    return this.#waiting.length - this.#firstWaiting;
  }

  /** Everything was due, and nothing is in line or in flight. */
  get finished(): boolean {
    const nothingDue = this.#stopped || this.#taken === this.#parts.count;
    return nothingDue && this.waiting === 0 && this.#parts.recorder.inFlight === 0;
  }

  /** How long until something is due; undefined when all was. */
  get nextDueMs(): number | undefined {
    if (this.#stopped || this.#taken === this.#parts.count) return undefined;
    return this.#parts.dueMs(this.#taken);
  }

  /** Takes up what is due, sends what can be sent, gives up what waited too long. Call often, and when a connection gets free. */
  turn(): void {
    const { count, dueMs, nowMs, workload, recorder } = this.#parts;
    while (!this.#stopped && this.#taken < count) {
      const due = dueMs(this.#taken);
      const now = nowMs();
      if (due > now) break;
      this.#taken++;
      recorder.takenUp(now - due);
      this.#waiting.push({ send: workload.next(now), dueMs: due, takenUpMs: now });
      this.#drainLine();
    }
    this.#drainLine();
    this.#giveUp();
  }

  /** Takes up nothing more; what is in line is dropped without a count, what is in flight may still be answered. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.length = this.#firstWaiting = 0;
  }

  #drainLine(): void {
    while (this.waiting > 0 && this.#parts.outlet.free > 0) this.#send(this.#takeFirst());
  }

  #send({ send, dueMs, takenUpMs }: Waiting): void {
    const { recorder, outlet, workload, nowMs } = this.#parts;
    const owed = recorder.sent(send, nowMs() - takenUpMs);
    const call = outlet.send(send, (answer) => {
      const now = nowMs();
      recorder.answered(send, owed, answer, now - dueMs);
      workload.ended?.(send, now, answer);
    });
    if (send.hangUpAfterMs === 0) call.hangUp();
    else if (send.hangUpAfterMs !== undefined) setTimeout(() => call.hangUp(), send.hangUpAfterMs);
  }

  #giveUp(): void {
    const now = this.#parts.nowMs();
    while (this.waiting > 0) {
      const waitedMs = now - this.#waiting[this.#firstWaiting]!.dueMs;
      if (waitedMs < this.#parts.timeoutMs) return;
      this.#takeFirst();
      this.#parts.recorder.unsent(waitedMs);
    }
  }

  #takeFirst(): Waiting {
    const first = this.#waiting[this.#firstWaiting++]!;
    if (this.#firstWaiting > 1_024 && this.#firstWaiting * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#firstWaiting);
      this.#firstWaiting = 0;
    }
    return first;
  }
}
