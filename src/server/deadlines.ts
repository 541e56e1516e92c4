/** Calls in the order they began, which is the order of their deadlines: one timer does for all of them. */
export class Deadlines<Call extends { readonly startedMs: number }> {
  readonly #timeoutMs: number;
  readonly #onLate: (call: Call) => void;
  readonly #calls = new Set<Call>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, onLate: (call: Call) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onLate = onLate;
  }

  add(call: Call): void {
    this.#calls.add(call);
    if (this.#timer === undefined) this.#lookIn(this.#timeoutMs);
  }

  delete(call: Call): void {
    this.#calls.delete(call);
  }

  /** A server that has stopped need not wait for it: its connections are gone, and with them the calls. */
  #lookIn(ms: number): void {
    this.#timer = setTimeout(this.#expire, ms).unref();
  }

  /** Tells of what is overdue, and looks again when the next one can be. */
  readonly #expire = (): void => {
    this.#timer = undefined;
    for (const call of this.#calls) {
      const leftMs = call.startedMs + this.#timeoutMs - performance.now();
      if (leftMs > 0) {
        this.#lookIn(Math.ceil(leftMs));
        return;
      }
      this.#calls.delete(call);
      this.#onLate(call);
    }
  };
}
