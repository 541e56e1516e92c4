import type { Caller } from "./caller.ts";

interface Kept {
  caller: Caller;
  untilMs: number;
}

/** Callers that were made sure of, each until its time (milliseconds since the Unix epoch), at most `most` of them: the oldest goes. */
export class KeptCallers {
  readonly #most: number;
  /** In the order they were kept. */
  readonly #kept = new Map<string, Kept>();

  constructor(most: number) {
    this.#most = most;
  }

  get(id: string, nowMs: number): { caller: Caller } | undefined {
    const kept = this.#kept.get(id);
    return kept !== undefined && nowMs < kept.untilMs ? kept : undefined;
  }

  keep(id: string, caller: Caller, untilMs: number): void {
    this.#kept.delete(id);
    if (this.#kept.size === this.#most) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(id, { caller, untilMs });
  }
}
