import { backOffMs } from "../../events/back-off.ts";

/**
 * Keeps requests from an endpoint that is not there: closed after a failure, longer each time; then one request at a time tries until
 * one is answered.
 */
export class Gate {
  #failures = 0;
  #closedUntilMs = 0;

  /** Whether it is not known yet that the endpoint is there again. */
  get isProbing(): boolean {
    return this.#failures > 0;
  }

  isOpen(nowMs: number): boolean {
    return nowMs >= this.#closedUntilMs;
  }

  /** Returns for how long it is closed, at least as long as the receiver asked for. */
  failed(nowMs: number, askedMs: number): number {
    // Those that were under way together fail once.
    if (this.isOpen(nowMs)) this.#closedUntilMs = nowMs + backOffMs(++this.#failures, Math.random());
    this.#closedUntilMs = Math.max(this.#closedUntilMs, nowMs + askedMs);
    return this.#closedUntilMs - nowMs;
  }

  /** There was an answer. */
  reached(): void {
    this.#failures = 0;
  }

  /** An event was taken, or somebody asks for a try at once. */
  open(): void {
    this.#failures = 0;
    this.#closedUntilMs = 0;
  }
}
