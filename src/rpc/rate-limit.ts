/** So many a second in the long run, and so many at once after a pause. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Times kept, at least: twice as many names at the most, some 100 bytes each. */
const namesMax = 50_000;

/**
 * Holds everybody to a rate: a token bucket each, kept as the one time at which it will be full (the virtual scheduling of GCRA, ITU-T I.371). Whoever has
 * a token left may take more than that, and owes the rest. Names that have not been here for long make room for others; past so many
 * at a time some begin anew.
 */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  readonly #nowMs: () => number;
  #fullMs = new Map<string, number>();
  /** Names that were here before the last `namesMax` others. */
  #earlier = new Map<string, number>();

  /** `nowMs`: a clock that never runs backwards. */
  constructor({ perSecond, burst }: Rate, nowMs: () => number = () => performance.now()) {
    this.#intervalMs = 1_000 / perSecond;
    this.#toleranceMs = (burst - 1) * this.#intervalMs;
    this.#nowMs = nowMs;
  }

  /** Milliseconds until there is a token; 0: there is one. */
  waitMs(name: string): number {
    const fullMs = this.#fullMs.get(name) ?? this.#earlier.get(name);
    if (fullMs === undefined) return 0;
    return Math.max(Math.ceil(fullMs - this.#toleranceMs - this.#nowMs()), 0);
  }

  take(name: string, count: number): void {
    const fullMs = this.#fullMs.get(name) ?? this.#earlier.get(name) ?? 0;
    if (this.#fullMs.size >= namesMax && !this.#fullMs.has(name)) {
      this.#earlier = this.#fullMs;
      this.#fullMs = new Map();
    }
    this.#fullMs.set(name, Math.max(fullMs, this.#nowMs()) + count * this.#intervalMs);
  }
}
