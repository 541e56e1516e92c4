import { coupons } from "../mechanic/coupon/coupons.ts";
import { below } from "./random.ts";
import { evenly, noLimits, type Scenario, type Send } from "./scenario.ts";

const hangUpShare = 0.2;
const longestMs = 4;
const atOnceShare = 1 / 3;
const soonestMs = 100;
const latestMs = 1_000;

/**
 * A fifth of the clients hang up within 4 ms of asking, a third of those at once: while the server is at work, most of them. Half of
 * them ask again 100 to 1,000 ms later under the same request id, the others when the load is over. The quota runs out on the way: what a client that
 * left was given must be its own when it asks again, and must not be missing from the quota.
 */
export const hangUps: Scenario = {
  summary: "a fifth of the clients hang up in flight and ask again later",
  mechanic: coupons,
  users: (sends) => Math.max(1, sends),
  quota: (sends) => Math.max(1, Math.floor(sends / 2)),
  limits: { ...noLimits, perUser: 1 },
  startDelayMs: 0,
  dueMs: evenly,
  together: 1,
  workload: ({ users, random, begin }) => {
    const again: { send: Send; ripeMs: number }[] = [];
    return {
      next: (nowMs) => {
        if (again.length > 0 && again[0]!.ripeMs <= nowMs) {
          const { user, request } = again.shift()!.send;
          return { user, request };
        }
        const user = below(random, users);
        const send: Send = { user, request: begin(user) };
        if (random() < hangUpShare) send.hangUpAfterMs = random() < atOnceShare ? 0 : random() * longestMs;
        return send;
      },
      ended: (send, nowMs) => {
        if (send.hangUpAfterMs === undefined || random() < 0.5) return;
        again.push({ send, ripeMs: nowMs + soonestMs + random() * (latestMs - soonestMs) });
      },
    };
  },
};
