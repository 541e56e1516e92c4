import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Coupon, Coupon_State as State } from "../../../src/gen/allot/v1/coupon_pb.js";
import type { Case } from "../../audit/case.ts";
import { type Check, check, figure } from "../../audit/check.ts";
import { checkOneRequest } from "../../audit/check-promises.ts";
import type { Claim } from "../../audit/claims.ts";
import { isFinal, orderIdOf, stepOf } from "./acts.ts";
import { partsOf } from "./ask-for.ts";
import type { Refill } from "./refill.ts";
import type { Revoker } from "./revoker.ts";
import type { Unknown } from "./unknown-orders.ts";

/** What redeeming came to. */
export interface RedemptionOutcome {
  /** Issued beforehand, by the users' numbers. */
  codes: readonly string[];
  claims: Claim[];
  unknown: Unknown;
  /** Every coupon of the campaign, as listed at the end. */
  list: Coupon[];
  revoker: Pick<Revoker, "revoked" | "guesses">;
  refilled: Refill;
}

export const judgeRedemptions = (of: Case, outcome: RedemptionOutcome): Check[] => {
  const byCode = new Map(outcome.list.map((coupon) => [coupon.code, coupon]));
  const redeemers = redeemersOf(outcome);
  return [
    issued(of, outcome, byCode),
    oneOrder(redeemers),
    recorded(redeemers, byCode),
    accounted(outcome, redeemers),
    checkOneRequest(of),
    owned(of, outcome),
    takenBack(outcome, byCode),
    refilledExactly(of, outcome),
    guessed(outcome),
  ];
};

/** By code, the orders that were told that they have redeemed it. */
const redeemersOf = ({ claims }: RedemptionOutcome): Map<string, Set<string>> => {
  const redeemers = new Map<string, Set<string>>();
  for (const { key, detail } of claims) {
    if (!isFinal(stepOf(detail))) continue;
    const { code, orderId } = partsOf(key);
    redeemers.getOrInsertComputed(code, () => new Set()).add(orderId);
  }
  return redeemers;
};

const issued = (
  { drained, naming, after }: Case,
  { codes, list, refilled }: RedemptionOutcome,
  byCode: Map<string, Coupon>,
): Check => {
  const faults: string[] = [];
  if (!drained) faults.push(`${figure(after.stats!.undrained)} coupons were still not in the ledger`);
  const all = [...codes.map((code, coupon) => ({ code, coupon })), ...refilled.reissued];
  for (const { code, coupon } of all)
    if (byCode.get(code)?.userId !== naming.userId(coupon))
      faults.push(
        `${code} of ${naming.userId(coupon)} is ${byCode.get(code)?.userId ?? "nobody"}'s in the ledger`,
      );
  if (list.length !== all.length || byCode.size !== list.length)
    faults.push(`${figure(list.length)} coupons in the ledger, ${figure(byCode.size)} distinct`);
  return check(
    "every coupon is in the ledger, the same",
    `${figure(all.length)} issued, ${figure(list.length)} listed`,
    faults,
  );
};

const oneOrder = (redeemers: Map<string, Set<string>>): Check =>
  check(
    "a coupon is redeemed by one order",
    `${figure(redeemers.size)} coupons redeemed`,
    [...redeemers]
      .filter(([, orders]) => orders.size > 1)
      .map(([code, orders]) => `${code} by ${[...orders].join(" and ")}`),
  );

const recorded = (redeemers: Map<string, Set<string>>, byCode: Map<string, Coupon>): Check => {
  const faults: string[] = [];
  for (const [code, orders] of redeemers) {
    const coupon = byCode.get(code);
    const is = coupon === undefined ? "not there" : `${State[coupon.state]} by "${coupon.orderId}"`;
    const isRedeemed = coupon?.redeemTime !== undefined && orders.has(coupon.orderId);
    if (!isRedeemed)
      faults.push(`${code} was redeemed by ${[...orders].join(" and ")}; in the ledger it is ${is}`);
  }
  return check(
    "every acknowledged redemption is in the ledger, the same",
    `${figure(redeemers.size)} acknowledged: ${figure(faults.length)} missing or others`,
    faults,
  );
};

const accounted = ({ list, unknown }: RedemptionOutcome, redeemers: Map<string, Set<string>>): Check => {
  const redeemed = list.filter(({ redeemTime }) => redeemTime !== undefined);
  return check(
    "every redemption of the ledger is accounted for",
    `${figure(redeemed.length)} coupons are redeemed; ${figure(unknown.size)} orders with an unknown outcome`,
    redeemed
      .filter(({ code, orderId }) => !redeemers.get(code)?.has(orderId) && !unknown.has(orderId))
      .map(({ code, orderId }) => `${code} is redeemed by "${orderId}", who was not told so`),
  );
};

/** Each order's own: nobody redeems what is another user's, or under another order's id. */
const owned = ({ naming }: Case, { claims, codes }: RedemptionOutcome): Check => {
  const faults: string[] = [];
  for (const { key, user, detail } of claims) {
    const step = stepOf(detail);
    const { code, orderId } = partsOf(key);
    const own = orderIdOf(naming.userId(user), step);
    if (step.act === "redeem another's") faults.push(`${code} was redeemed for a user who has not got it`);
    if (code !== codes[user]) faults.push(`${own} asked for ${codes[user]} and was told of ${code}`);
    if (step.act !== "release" && orderId !== own) faults.push(`${own} was told of ${orderId}`);
  }
  return check("nobody redeems another's coupon", `${figure(claims.length)} answers`, faults);
};

const takenBack = (
  { revoker: { revoked }, refilled, list }: RedemptionOutcome,
  byCode: Map<string, Coupon>,
): Check => {
  const faults: string[] = [];
  for (const { code, answer } of revoked) {
    const coupon = byCode.get(code);
    if (answer !== "given") faults.push(`taking ${code} back was answered ${answer}`);
    else if (coupon?.state !== State.REVOKED || !coupon.revokeTime)
      faults.push(
        `${code} was taken back; in the ledger it is ${coupon ? State[coupon.state] : "not there"}`,
      );
    else if (coupon.redeemTime && timestampMs(coupon.redeemTime) > timestampMs(coupon.revokeTime))
      faults.push(`${code} was redeemed after it was taken back`);
  }
  for (const [answer, count] of refilled.redeemed)
    if (answer !== "COUPON_REVOKED") faults.push(`redeeming ${count} of them was answered ${answer}`);
  const listed = list.filter(({ state }) => state === State.REVOKED).length;
  if (listed !== revoked.length)
    faults.push(`${figure(listed)} are revoked, ${figure(revoked.length)} were taken back`);
  return check(
    "nothing is redeemed after it was taken back",
    `${figure(revoked.length)} taken back, ${figure(revoked.filter(({ returned }) => returned).length)} with their quota`,
    faults,
  );
};

const refilledExactly = ({ after }: Case, { codes, revoker, refilled }: RedemptionOutcome): Check => {
  const returned = revoker.revoked.filter(({ returned: back }) => back).length;
  const quota = after.prizes[0]?.quota ?? 0;
  const { remaining, reissued, oneMore } = refilled;
  const faults = [...refilled.faults];
  const spare = quota - codes.length;
  if (remaining.before !== spare + returned)
    faults.push(`${figure(returned)} were returned, ${figure(remaining.before)} remained`);
  if (remaining.after !== spare)
    faults.push(`${figure(remaining.after)} remained when they were issued again`);
  if (oneMore !== undefined && oneMore !== "SOLD_OUT") faults.push(`one more was answered ${oneMore}`);
  if (after.stats!.issued !== codes.length + reissued.length)
    faults.push(
      `${figure(after.stats!.issued)} issued, not ${figure(codes.length)} + ${figure(reissued.length)}`,
    );
  return check(
    "the quota is refilled by what was returned, exactly",
    `${figure(returned)} returned, ${figure(reissued.length)} issued again; one more: ${oneMore ?? "not asked"}`,
    faults,
  );
};

const guessed = ({ revoker: { guesses } }: RedemptionOutcome): Check =>
  check(
    "a wrong code is not found",
    `${figure(guesses.length)} tried`,
    guesses.filter((answer) => answer !== "COUPON_NOT_FOUND").map((answer) => `it was answered ${answer}`),
  );
