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
    this.#timer ??= setTimeout(this.#expire, this.#timeoutMs);
  }

  delete(call: Call): void {
    this.#calls.delete(call);
  }

  /** Tells of what is overdue, and looks again when the next one can be. */
  readonly #expire = (): void => {
    this.#timer = undefined;
    for (const call of this.#calls) {
      const leftMs = call.startedMs + this.#timeoutMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(this.#expire, Math.ceil(leftMs));
        return;
      }
      this.#calls.delete(call);
      this.#onLate(call);
    }
  };
}
