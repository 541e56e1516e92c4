import { AsyncLocalStorage } from "node:async_hooks";
import type { Random } from "./random.ts";

/** A process of the simulated world: what runs in its name stops when it dies, and waits while it hangs. */
export interface Owner {
  readonly name: string;
  isDead: boolean;
  /** Nothing runs in its name before. */
  hangsUntilMs: number;
  /** How far its wall clock is ahead. */
  skewMs: number;
}

export interface Event {
  atMs: number;
  /** Of events at the same time, those that were asked for first come first. */
  order: number;
  owner: Owner;
  run: () => void;
  isCancelled: boolean;
}

const turn = setImmediate;
const owners = new AsyncLocalStorage<{ clock: Clock; owner: Owner }>();

/** The simulated clock and process that the running code belongs to; undefined: none, it is real. */
export const running = () => owners.getStore();

/** Virtual time: nothing happens but what was asked for at a time, one after the other. */
export class Clock {
  nowMs: number;
  /** What code that asks for random numbers gets. */
  readonly random: Random;
  steps = 0;
  #order = 0;
  readonly #events = new Heap();

  constructor(startMs: number, random: Random) {
    this.nowMs = startMs;
    this.random = random;
  }

  at(owner: Owner, atMs: number, run: () => void): Event {
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, owner, run, isCancelled: false };
    this.#events.add(event);
    return event;
  }

  after(owner: Owner, delayMs: number, run: () => void): Event {
    return this.at(owner, this.nowMs + delayMs, run);
  }

  /** Runs something in a process's name, now. */
  as<T>(owner: Owner, run: () => T): T {
    return owners.run({ clock: this, owner }, run);
  }

  /** Goes on until `isDone` says so, or nothing is left to happen. */
  async run(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      const event = this.#events.take();
      if (!event) return;
      const { owner, atMs } = event;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (event.isCancelled || owner.isDead) continue;
      if (owner.hangsUntilMs > this.nowMs) {
        event.atMs = owner.hangsUntilMs;
        event.order = this.#order++;
        this.#events.add(event);
        continue;
      }
      this.steps++;
      this.as(owner, event.run);
      // Promises go on until all of them wait for something that has yet to happen.
      await new Promise<void>((resolve) => turn(resolve));
    }
  }
}

/** The event that comes first, on top. */
class Heap {
  readonly #events: Event[] = [];

  add(event: Event): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(event, events[above]!)) break;
      events[at] = events[above]!;
      at = above;
    }
    events[at] = event;
  }

  take(): Event | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (events.length === 0 || !last) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= events.length) break;
      if (below + 1 < events.length && isBefore(events[below + 1]!, events[below]!)) below++;
      if (!isBefore(events[below]!, last)) break;
      events[at] = events[below]!;
      at = below;
    }
    events[at] = last;
    return first;
  }
}

const isBefore = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
