import { coupons } from "../mechanic/coupon/coupons.ts";
import { below } from "./random.ts";
import { evenly, noLimits, type Scenario, type Send } from "./scenario.ts";

const soonestMs = 50;
const latestMs = 2_000;

/**
 * Every request is sent at least twice under its request id. Requests are due in pairs: half of the pairs are one new request sent
 * twice at the same instant; the others are a new request, to be repeated 50 to 2,000 ms later, beside such a repetition. The
 * quota runs out on the way, so that winners ask again after it is gone.
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
  workload: ({ users, random, begin }) => {
    const again: { send: Send; ripeMs: number }[] = [];
    let twin: Send | undefined;
    let pair = 0;
    const fresh = (): Send => {
      const user = below(random, users);
      return { user, request: begin(user) };
    };
    const repetition = (nowMs: number): Send => {
      const ripe = again.findIndex((one) => one.ripeMs <= nowMs);
      return ripe < 0 ? fresh() : again.splice(ripe, 1)[0]!.send;
    };
    return {
      next: (nowMs) => {
        if (twin) {
          const send = twin;
          twin = undefined;
          return send;
        }
        const send = fresh();
        if (pair++ % 2 === 0) twin = send;
        else {
          twin = repetition(nowMs);
          again.push({ send, ripeMs: nowMs + soonestMs + random() * (latestMs - soonestMs) });
        }
        return send;
      },
      leftover: () => again.map(({ send }) => send.request),
    };
  },
};
