import { coupons } from "../mechanic/coupon/coupons.ts";
import { below } from "./random.ts";
import { repeating } from "./repeating.ts";
import { evenly, noLimits, type Scenario } from "./scenario.ts";

/**
 * Every request is sent at least twice under its request id, at the same instant or later. The quota runs out on the way, so that winners
 * ask again after it is gone.
 */
export const retries: Scenario = {
  summary: "every request is sent again under its request id, at once or later",
  mechanic: coupons,
  users: (sends) => Math.max(1, Math.ceil(sends / 4)),
  quota: (sends) => Math.max(1, Math.floor(sends / 4)),
  limits: { ...noLimits, perUser: 3 },
  startDelayMs: 0,
  dueMs: evenly,
  together: 2,
  workload: ({ users, random, begin }) =>
    repeating(
      { random },
      {
        fresh: () => {
          const user = below(random, users);
          return { user, request: begin(user) };
        },
        again: (send) => send,
      },
    ),
};
