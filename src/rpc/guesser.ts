const minuteMs = 60_000;

/**
 * One who looks things up that could be guessed. What is under way counts as wrong until it is known, so that a thousand guesses at once are
 * a thousand; but who may have been right so far only waits until it is.
 */
export class Guesser {
  readonly #max: number;
  readonly #nowMs: () => number;
  /** Wrong guesses that are not forgiven yet, as of `#wrongMs`. */
  #wrong = 0;
  #wrongMs = 0;
  #underWay = 0;
  #waiting: ((waitMs: number) => void)[] = [];

  /** `nowMs`: a clock that never runs backwards. */
  constructor(perMinute: number, nowMs: () => number) {
    this.#max = perMinute;
    this.#nowMs = nowMs;
  }

  /** Resolves to 0 when it may look, which `end` must follow; else to the milliseconds that it has to wait first. */
  begin(): Promise<number> | number {
    const waitMs = this.#waitMs();
    if (waitMs > 0) return waitMs;
    if (this.#hasRoom()) {
      this.#underWay++;
      return 0;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  end(isWrong: boolean): void {
    this.#underWay--;
    if (isWrong) {
      this.#wrong = this.#wrongNow() + 1;
      this.#wrongMs = this.#nowMs();
    }
    const waitMs = this.#waitMs();
    if (waitMs > 0) {
      for (const resolve of this.#waiting.splice(0)) resolve(waitMs);
    }
    while (this.#waiting.length > 0 && this.#hasRoom()) {
      this.#underWay++;
      this.#waiting.shift()!(0);
    }
  }

  /** Nothing is held against it, and nothing is under way. */
  get isInnocent(): boolean {
    return this.#underWay === 0 && this.#wrongNow() === 0;
  }

  #wrongNow(): number {
    const forgiven = (this.#nowMs() - this.#wrongMs) / (minuteMs / this.#max);
    return Math.max(this.#wrong - forgiven, 0);
  }

  /** Until one more wrong guess would be forgiven; 0: it may be wrong once more. */
  #waitMs(): number {
    const over = this.#wrongNow() - this.#max + 1;
    return over > 0 ? Math.ceil((over * minuteMs) / this.#max) : 0;
  }

  #hasRoom(): boolean {
    return this.#wrongNow() + this.#underWay <= this.#max - 1;
  }
}
