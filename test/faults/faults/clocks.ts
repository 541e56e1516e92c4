import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../simulate/random.ts";
import type { Fault } from "../fault.ts";
import type { Clock } from "../preload/clock.ts";
import type { Stand } from "../stand.ts";

const hourMs = 3_600_000;

/** The clock jumps, some time passes, and it jumps back: each is a jump of its own to whoever looks at it. */
const jump = (
  name: string,
  stands: Fault["stands"],
  byMs: number,
  clocksOf: (stand: Stand, random: Random) => Clock[],
): Fault => ({
  name: `the clock of ${name} jumps an hour ${byMs > 0 ? "ahead" : "back"}`,
  kind: "clock",
  stands,
  needs: "cc",
  async inject(stand, random) {
    const clocks = clocksOf(stand, random);
    await delay(random.between(0, 200));
    await Promise.all(clocks.map((clock) => clock.set(byMs)));
    const lastsMs = random.between(200, 1_500);
    await delay(lastsMs);
    return {
      did: `and after ${lastsMs} ms the other way`,
      heal: async () => {
        await Promise.all(clocks.map((clock) => clock.set(0)));
      },
    };
  },
});

const both = (
  name: string,
  stands: Fault["stands"],
  clocksOf: (stand: Stand, random: Random) => Clock[],
): Fault[] => [hourMs, -hourMs].map((byMs) => jump(name, stands, byMs, clocksOf));

export const clockFaults: Fault[] = [
  ...both("redis", ["lent"], ({ clocks }) => [clocks.get("redis")!]),
  ...both("a server", ["lent", "embedded"], ({ clocks, servers }, random) => [
    clocks.get(random.pick(servers).name)!,
  ]),
  ...both("everybody but mysql", ["lent"], ({ clocks }) => [...clocks.values()]),
];
