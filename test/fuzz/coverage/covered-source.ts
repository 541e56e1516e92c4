import inspector from "node:inspector";

/** What of a script ran that had not run before: characters from..to of its text. */
export interface Run {
  readonly script: string;
  readonly from: number;
  readonly to: number;
}

/** Only the project's own code counts, and of it not what is generated. */
const counted = /\/src\/(?!gen\/).*\.ts$/;

/**
 * The project's source that this thread has run, character by character, from V8's precise block coverage. V8 merges blocks that ran
 * equally often, so the blocks it names are not the same from one look to the next; the characters in them are.
 */
export class CoveredSource {
  readonly #session = new inspector.Session();
  readonly #covered = new Map<string, Uint8Array>();
  #latest: Run[] = [];

  /** Before the code that is to be looked at is loaded. */
  start(): void {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** What was covered elsewhere is not new here. */
  add(runs: readonly Run[]): void {
    for (const { script, from, to } of runs) this.#charsOf(script, to).fill(1, from, to);
  }

  /** What ran for the first time since the last look. */
  take(): Run[] {
    this.#latest = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error) throw error;
      for (const script of taken.result) if (counted.test(script.url)) this.#look(script);
    });
    return this.#latest;
  }

  /** As if the last look had not been: what it found is new to the next one. */
  forget(): void {
    for (const { script, from, to } of this.#latest) this.#charsOf(script, to).fill(0, from, to);
  }

  #look({ url, functions }: inspector.Profiler.ScriptCoverage): void {
    const length = Math.max(
      0,
      ...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset)),
    );
    // Outer ranges come before those within them, and the innermost counts.
    const ran = new Uint8Array(length);
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
      }
    }
    const known = this.#charsOf(url, length);
    for (let at = 0; at < length; at++) {
      if (ran[at] === 0 || known[at] === 1) continue;
      const from = at;
      while (at < length && ran[at] === 1 && known[at] === 0) known[at++] = 1;
      this.#latest.push({ script: url, from, to: at });
    }
  }

  #charsOf(script: string, length: number): Uint8Array {
    const known = this.#covered.get(script) ?? new Uint8Array(0);
    if (known.length >= length) return known;
    const longer = new Uint8Array(length);
    longer.set(known);
    this.#covered.set(script, longer);
    return longer;
  }
}
