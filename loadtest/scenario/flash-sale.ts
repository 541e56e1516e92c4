import { coupons } from "../mechanic/coupon/coupons.ts";
import { below } from "./random.ts";
import { noLimits, type Scenario } from "./scenario.ts";

const earlyShare = 0.01;
const earlyMs = 1_000;
const rushShare = 0.3;
const rushOfDuration = 0.1;

/**
 * A sale opens at a fixed instant. A hundredth of the crowd knocks in the second before; three tenths of it come in the first
 * tenth of the time, the rest evenly. There is enough for a third of the requests, one for each user, and users come back.
 */
export const flashSale: Scenario = {
  summary: "a stampede at start_time, then sold out; users come back",
  mechanic: coupons,
  users: (sends) => Math.max(1, Math.ceil((sends * 2) / 3)),
  quota: (sends) => Math.max(1, Math.floor(sends / 3)),
  limits: { ...noLimits, perUser: 1 },
  startDelayMs: 3_000,
  dueMs: (share, durationMs) => {
    if (share < earlyShare) return -earlyMs * (1 - (share / earlyShare) * 0.95);
    if (share < rushShare)
      return ((share - earlyShare) / (rushShare - earlyShare)) * rushOfDuration * durationMs;
    const rest = (share - rushShare) / (1 - rushShare);
    return (rushOfDuration + rest * (1 - rushOfDuration)) * durationMs;
  },
  together: 1,
  workload: ({ users, random, begin }) => ({
    next: () => {
      const user = below(random, users);
      return { user, request: begin(user) };
    },
  }),
};
