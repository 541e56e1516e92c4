/** Work that many wait for together: who comes while it is under way waits for the run after it, because this one may have looked too early. */
export class NextRun {
  readonly #work: () => Promise<void>;
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when a run is over that began after this call. */
  run(): Promise<void> {
    if (this.#next) return this.#next;
    if (!this.#current) return this.#begin();
    const over = this.#current.catch(() => {});
    this.#next = over.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  get isIdle(): boolean {
    return this.#current === undefined && this.#next === undefined;
  }

  #begin(): Promise<void> {
    const current = this.#work().finally(() => {
      if (this.#current === current) this.#current = undefined;
    });
    this.#current = current;
    return current;
  }
}
