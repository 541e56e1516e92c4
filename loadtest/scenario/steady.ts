import { coupons } from "../mechanic/coupon/coupons.ts";
import { evenly, noLimits, type Scenario } from "./scenario.ts";

/** Every request is another user's, and there is just enough for all: the last request takes the last coupon. */
export const steady: Scenario = {
  summary: "a new user with every request, just enough for all",
  mechanic: coupons,
  users: (sends) => sends,
  quota: (sends) => sends,
  limits: noLimits,
  startDelayMs: 0,
  dueMs: evenly,
  together: 1,
  workload: ({ worker, workers, users, begin }) => {
    let taken = 0;
    return {
      next: () => {
        const user = (taken++ * workers + worker) % users;
        return { user, request: begin(user) };
      },
    };
  },
};
