import { createRequire, syncBuiltinESMExports } from "node:module";
import { running } from "./clock.ts";

const require = createRequire(import.meta.url);
const crypto = require("node:crypto");
const timers = require("node:timers/promises");

interface Cancelled {
  isCancelled: boolean;
}

/** What setTimeout returns to simulated code. */
class Timer {
  #event: Cancelled;

  constructor(event: Cancelled) {
    this.#event = event;
  }

  again(event: Cancelled): void {
    this.#event = event;
  }

  get isCancelled(): boolean {
    return this.#event.isCancelled;
  }

  cancel(): void {
    this.#event.isCancelled = true;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/**
 * From here on, code that a simulated process runs sees virtual time and random numbers from the run's seed, whichever way it asks: globals
 * and Node's modules. All other code goes on as before. Product code needs no seam for it.
 */
export function simulateGlobals(): void {
  simulateTimers();
  simulateClocks();
  simulateRandomness();
  syncBuiltinESMExports();
}

/** How late a timer may fire, ms. */
const jitterMs = 0.5;

function start(delayMs: number, run: () => void): Cancelled {
  const { clock, owner } = running()!;
  return clock.after(owner, delayMs + clock.random.unit() * jitterMs, run);
}

function simulateTimers(): void {
  const real = { ...globalThis };
  replace("setTimeout", (run: () => void, ms = 0) => new Timer(start(ms, run)));
  replace("setImmediate", (run: () => void) => new Timer(start(0, run)));
  replace("setInterval", (run: () => void, ms: number) => {
    const again = () => {
      run();
      if (!timer.isCancelled) timer.again(start(ms, again));
    };
    const timer = new Timer(start(ms, again));
    return timer;
  });
  for (const name of ["clearTimeout", "clearInterval", "clearImmediate"] as const) {
    const realOne = real[name] as (timer: unknown) => void;
    Object.assign(globalThis, {
      [name]: (timer: unknown) => (timer instanceof Timer ? timer.cancel() : realOne(timer)),
    });
  }
  const realDelay = timers.setTimeout;
  timers.setTimeout = (ms: number, value?: unknown, options?: unknown) =>
    running() ? new Promise((resolve) => start(ms, () => resolve(value))) : realDelay(ms, value, options);
}

/** A global function: ours for simulated code, the real one for all other. */
function replace(
  name: "setTimeout" | "setImmediate" | "setInterval",
  ours: (...args: never[]) => unknown,
): void {
  const real = globalThis[name] as unknown as (...args: unknown[]) => unknown;
  const chosen = (...args: unknown[]) => (running() ? ours(...(args as never[])) : real(...args));
  Object.assign(globalThis, { [name]: chosen });
}

function simulateClocks(): void {
  const realDate = Date.now;
  Date.now = () => {
    const world = running();
    return world ? Math.floor(world.clock.nowMs + world.owner.skewMs) : realDate();
  };
  const realNow = performance.now.bind(performance);
  performance.now = () => running()?.clock.nowMs ?? realNow();
}

function simulateRandomness(): void {
  const { randomBytes, randomUUID } = crypto;
  crypto.randomBytes = (size: number) =>
    running() ? running()!.clock.random.bytes(size) : randomBytes(size);
  crypto.randomUUID = () => (running() ? running()!.clock.random.bytes(16).toString("hex") : randomUUID());
  const realRandom = Math.random;
  Math.random = () => (running() ? running()!.clock.random.unit() : realRandom());
}
