import { detailOf, isRevocable, type Step, stepOf } from "../mechanic/redemption/acts.ts";
import { redemptions } from "../mechanic/redemption/redemptions.ts";
import { below } from "./random.ts";
import { evenly, noLimits, type Part, type Scenario, type Send, type Workload } from "./scenario.ts";

const followShare = 0.8;
const reserveShare = 0.5;
const strangerShare = 0.1;
const confirmShare = 0.6;
const releaseShare = 0.3;
const repeatShare = 0.3;

/**
 * Orders go after coupons. An order redeems at once, or reserves, and then confirms, or releases, or forgets about it; requests are due in
 * pairs, and the other of a pair is the same request again, or another order's for the same coupon. What was redeemed is asked for again
 * later. A tenth names another user than the coupon's.
 */
const orders = ({ worker, workers, goods, random, begin }: Part): Workload => {
  const following: Send[] = [];
  let twin: Send | undefined;
  let begun = 0;
  const ask = (coupon: number, act: Step["act"], order = begun++ * workers + worker): Send => {
    const detail = detailOf({ act, order, revocable: isRevocable(coupon) });
    return { user: coupon, detail, request: begin(coupon, detail) };
  };
  const fresh = (coupon: number): Send => {
    const dice = random();
    if (dice < strangerShare) return ask(coupon, "redeem another's");
    return ask(coupon, dice < strangerShare + reserveShare ? "reserve" : "redeem");
  };
  return {
    next: () => {
      if (twin) {
        const send = twin;
        twin = undefined;
        return send;
      }
      const send =
        following.length > 0 && random() < followShare ? following.shift()! : fresh(below(random, goods));
      twin = random() < 0.5 ? send : fresh(send.user);
      return send;
    },
    ended: (send, _nowMs, answer) => {
      if (answer.kind !== "given" || answer.replayed) return;
      const { user } = send;
      const step = stepOf(send.detail!);
      const dice = random();
      if (step.act === "reserve" && dice < confirmShare) following.push(ask(user, "confirm", step.order));
      else if (step.act === "reserve" && dice < confirmShare + releaseShare)
        following.push(ask(user, "release", step.order));
      else if (dice < repeatShare) following.push(send);
    },
    leftover: () => following.map(({ request }) => request),
  };
};

/** Coupons are reserved, confirmed, released and redeemed by several orders at once; meanwhile some are taken back. */
export const redeem: Scenario = {
  summary: "redemption: several orders at once after each coupon, while some coupons are taken back",
  mechanic: redemptions,
  users: (sends) => Math.max(1, Math.ceil(sends / 5)),
  quota: (sends) => Math.max(1, Math.ceil(sends / 5)),
  limits: { ...noLimits, perUser: 1 },
  startDelayMs: 0,
  dueMs: evenly,
  together: 2,
  workload: orders,
};
