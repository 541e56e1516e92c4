import { Clock, type Owner } from "./clock.ts";
import { type Faults, none } from "./faults.ts";
import { Random } from "./random.ts";
import { Trace } from "./trace.ts";

const startMs = Date.UTC(2026, 10, 20, 14, 30);
const hourMs = 3_600_000;

/** What all parts of a run share: its time, its dice, its faults, and what was seen. */
export class World {
  readonly random: Random;
  readonly clock: Clock;
  readonly trace: Trace;
  /** Of this run, while it is bad. */
  readonly planned: Faults;
  faults: Faults = none;
  readonly problems: string[] = [];
  #owners = 0;

  constructor(seed: number, planned: (random: Random) => Faults, showTrace: boolean) {
    this.random = new Random(seed);
    this.planned = planned(this.random);
    // Near a midnight of Seoul as often as not.
    this.clock = new Clock(startMs + Math.floor(this.random.unit() * hourMs), this.random.fork());
    this.trace = new Trace(this.clock, showTrace);
  }

  /** A process, as long as it lives. */
  owner(name: string): Owner {
    return { name: `${name}#${this.#owners++}`, isDead: false, hangsUntilMs: 0, skewMs: 0 };
  }

  /** Resolves later, for code that runs in a process's name. */
  sleep(owner: Owner, delayMs: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(owner, delayMs, resolve));
  }

  problem(text: string): void {
    this.trace.note("PROBLEM", text);
    this.problems.push(text);
  }
}
