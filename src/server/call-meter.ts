import type { Metrics } from "../metrics.ts";

interface Labelled {
  inc(): void;
}

/** Counts answered calls. Label sets are few and looked up often, so each is resolved once. */
export class CallMeter {
  readonly #metrics: Metrics;
  readonly #methods = new Map<
    string,
    { outcomes: Map<string, Labelled>; duration: { observe(seconds: number): void } }
  >();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** `code` is `ok` or a Connect code, `reason` a refusal's or an error's, or empty. */
  count(method: string, code: string, reason: string, durationMs: number): void {
    let of = this.#methods.get(method);
    if (of === undefined) {
      of = { outcomes: new Map(), duration: this.#metrics.requestDuration.labels(method) };
      this.#methods.set(method, of);
    }
    const outcome = reason === "" ? code : `${code} ${reason}`;
    let counter = of.outcomes.get(outcome);
    if (counter === undefined) {
      counter = this.#metrics.requests.labels(method, code, reason);
      of.outcomes.set(outcome, counter);
    }
    counter.inc();
    of.duration.observe(durationMs / 1_000);
  }
}
