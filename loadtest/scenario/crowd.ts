import { below } from "./random.ts";
import { repeating } from "./repeating.ts";
import type { Part, Send, Workload } from "./scenario.ts";

/** The details of requests that leave their request id out, and of those that don't. */
export const unnamed = 1;
const named = 0;
const unnamedShare = 0.2;

/**
 * Users drawn at random, everyone of whom asks at least twice: at the same instant or later, mostly under a request id of their own, a fifth
 * of them without.
 */
export const crowd = ({ users, random, begin }: Part): Workload => {
  const ask = (user: number, detail: number): Send => ({ user, detail, request: begin(user, detail) });
  return repeating(
    { random },
    {
      fresh: () => ask(below(random, users), random() < unnamedShare ? unnamed : named),
      again: (send) => (send.detail === unnamed ? ask(send.user, unnamed) : send),
    },
  );
};
