import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../simulate/random.ts";
import type { Fault } from "../fault.ts";
import type { Hop } from "../hop.ts";
import type { Stand } from "../stand.ts";

type Place = "the door" | "redis" | "mysql";

/** The ways that somebody goes. */
const hopsAt: Record<Place, (stand: Stand) => Hop[]> = {
  "the door": ({ servers }) => servers.map(({ door }) => door),
  redis: ({ servers, drain }) => [...servers, ...(drain ? [drain] : [])].map(({ hops }) => hops.redis!),
  mysql: ({ servers, drain }) => [...servers, ...(drain ? [drain] : [])].map(({ hops }) => hops.mysql!),
};

/** Does it to one hop; what lasts until it is healed says how long it lasts. */
type Trouble = (hop: Hop, random: Random) => number;

const troubles: Record<string, Trouble> = {
  "loses replies": (hop, random) => {
    hop.loseReplies(random.between(1, 10));
    return 500;
  },
  stalls: (hop, random) => {
    hop.stall();
    return random.between(100, 3_500);
  },
  "goes at one byte a second": (hop, random) => {
    hop.trickle();
    return random.between(1_000, 3_500);
  },
  "says that clients have no more to say": (hop, random) => {
    hop.halfClose("server");
    return random.between(0, 2_500);
  },
  "says that the server has no more to say": (hop, random) => {
    hop.halfClose("client");
    return random.between(0, 2_500);
  },
  "resets its connections": (hop) => {
    hop.reset();
    return 0;
  },
};

const places: Place[] = ["the door", "redis", "mysql"];

const fault = (place: Place, name: string, strike: Trouble): Fault => ({
  name: `the way to ${place} ${name}`,
  kind: "hop",
  stands: place === "the door" ? ["lent", "embedded"] : ["lent"],
  async inject(stand, random) {
    const all = hopsAt[place](stand);
    const hit = random.chance(0.3) ? all : [random.pick(all)];
    await delay(random.between(0, 200));
    const lastsMs = Math.max(...hit.map((hop) => strike(hop, random)));
    await delay(lastsMs);
    return {
      did: `${hit.length} of ${all.length}, ${lastsMs} ms`,
      heal: async () => {
        for (const hop of hit) hop.heal();
      },
    };
  },
});

export const hopFaults: Fault[] = places.flatMap((place) =>
  Object.entries(troubles).map(([name, strike]) => fault(place, name, strike)),
);
