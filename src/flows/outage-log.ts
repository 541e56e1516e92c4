import type { Logger } from "../log.ts";

/** Says once what is wrong, again when that changes, and when it is over: an outage is a line, not thousands. */
export class OutageLog {
  readonly #log: Logger;
  readonly #what: string;
  /** What fails, by part; the same text of several parts is said once. */
  readonly #troubles = new Map<number, string>();

  constructor(log: Logger, what: string) {
    this.#log = log;
    this.#what = what;
  }

  trouble(part: number, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const known = [...this.#troubles.values()].includes(reason);
    this.#troubles.set(part, reason);
    if (!known) this.#log.warn({ reason }, `${this.#what}: trying again`);
  }

  over(part: number): void {
    if (this.#troubles.delete(part) && this.#troubles.size === 0) this.#log.info(`${this.#what}: going on`);
  }
}
