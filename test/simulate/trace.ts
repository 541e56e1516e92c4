import { createHash, type Hash } from "node:crypto";
import type { Clock } from "./clock.ts";

/** What happened, in order: shown where asked for, and always as a digest, by which two runs of a seed are compared. */
export class Trace {
  readonly #clock: Clock;
  readonly #show: boolean;
  readonly #hash: Hash = createHash("sha256");
  readonly counts = new Map<string, number>();

  constructor(clock: Clock, show: boolean) {
    this.#clock = clock;
    this.#show = show;
  }

  note(what: string, ...about: (string | number)[]): void {
    const line = `${this.#clock.nowMs.toFixed(3)} ${what} ${about.join(" ")}\n`;
    this.#hash.update(line);
    if (this.#show) process.stdout.write(line);
  }

  /** What helps to understand a run and is no part of its digest. */
  detail(what: string, about: () => string): void {
    if (this.#show) process.stdout.write(`${this.#clock.nowMs.toFixed(3)} ${what} ${about()}\n`);
  }

  /** A fault that was injected. */
  fault(what: string, ...about: (string | number)[]): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    this.note(`FAULT ${what}`, ...about);
  }

  digest(): string {
    return this.#hash.copy().digest("hex").slice(0, 16);
  }
}
