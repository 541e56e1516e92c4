/** Runs one piece of work at a time, in the order they came; at once when nothing is under way. */
export class Exclusive {
  #last: Promise<unknown> | undefined;

  async run<T>(work: () => T | Promise<T>): Promise<T> {
    const before = this.#last;
    const mine = (async () => {
      await before?.catch(() => {});
      return await work();
    })();
    this.#last = mine;
    try {
      return await mine;
    } finally {
      if (this.#last === mine) this.#last = undefined;
    }
  }

  /** When nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#last) await this.#last.catch(() => {});
  }
}
