import { below } from "./random.ts";
import { repeating } from "./repeating.ts";
import type { Part, Workload } from "./scenario.ts";

/** The details of requests that leave their request id out, and of those that don't. */
export const unnamed = 1;
const named = 0;
const unnamedShare = 0.2;

/**
 * Users drawn at random, everyone of whom asks at least twice: at the same instant or later, mostly under a request id of their own, a fifth
 * of them without.
 */
export const crowd = ({ users, random, begin }: Part): Workload => {
  const isUnnamed = new Set<number>();
  const ask = (user: number, without: boolean) => {
    const request = begin(user, without ? unnamed : named);
    if (without) isUnnamed.add(request);
    return { user, request };
  };
  return repeating(
    { random },
    {
      fresh: () => ask(below(random, users), random() < unnamedShare),
      again: (send) => (isUnnamed.has(send.request) ? ask(send.user, true) : send),
    },
  );
};
