import { coupons } from "../mechanic/coupon/coupons.ts";
import { ownAddress } from "./address.ts";
import { below } from "./random.ts";
import { evenly, type Scenario } from "./scenario.ts";

const greedy = 0;
const accounts = 50;
const greedyShare = 0.4;
const accountShare = 0.1;

/**
 * User 0 sends two fifths of all requests, each under a new request id, and a tenth more through fifty other accounts from the same
 * address. Everybody else asks once or a few times from an address of their own. There is enough for all: only limits refuse.
 */
export const greedyUser: Scenario = {
  summary: "one user hammers the limits, also through other accounts at one address",
  mechanic: coupons,
  users: (sends) => accounts + 1 + Math.max(1, Math.ceil(sends / 2)),
  quota: (sends) => Math.max(1, sends),
  limits: { perUser: 5, perUserPerDay: 3, perAddress: 10 },
  startDelayMs: 0,
  dueMs: evenly,
  together: 1,
  addressOf: (user) => (user <= accounts ? "10.255.255.1" : ownAddress(user)),
  workload: ({ users, random, begin }) => ({
    next: () => {
      const dice = random();
      const user =
        dice < greedyShare || users <= accounts + 1
          ? greedy
          : dice < greedyShare + accountShare
            ? 1 + below(random, accounts)
            : accounts + 1 + below(random, users - accounts - 1);
      return { user, request: begin(user) };
    },
  }),
};
