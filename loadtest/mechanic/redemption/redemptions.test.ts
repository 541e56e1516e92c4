import fc from "fast-check";
import { expect, test } from "vitest";
import { playAudited, red } from "../../testing/play.ts";
import { SmallTill, type TillFault, tillFaults } from "../../testing/small-till.ts";
import { acts, detailOf, stepOf } from "./acts.ts";

const sends = 1_000;

test("an honest service passes every check, and coupons were taken back", async () => {
  const checks = await playAudited("redeem", new SmallTill(), sends);
  expect(red(checks)).toEqual([]);
  const details = checks.map(({ detail }) => detail).join("\n");
  expect(details).toMatch(/[1-9]\d* taken back, [1-9]\d* with their quota/);
  expect(details).toMatch(/one more: SOLD_OUT/);
});

const recorded = "every acknowledged redemption is in the ledger, the same";
const accounted = "every redemption of the ledger is accounted for";
const takenBack = "nothing is redeemed after it was taken back";
const refilled = "the quota is refilled by what was returned, exactly";

const caught: Record<TillFault, string[]> = {
  "redeems a coupon twice": ["a coupon is redeemed by one order"],
  "loses a redemption": [recorded],
  "records another order": [recorded, accounted],
  "redeems what nobody asked for": [accounted],
  "forgets an order": ["one request, one redemption"],
  "does not say that it repeats": ["one request, one redemption"],
  "redeems another's": ["nobody redeems another's coupon"],
  "redeems what was taken back": [takenBack],
  "keeps what was taken back": [takenBack],
  "keeps the returned quota": [refilled],
  "returns more than there was": [refilled],
  "redeems a wrong code": ["a wrong code is not found"],
  "loses a coupon": ["every coupon is in the ledger, the same"],
};

test.each(tillFaults)("one that %s is found out", async (fault) => {
  const checks = red(await playAudited("redeem", new SmallTill(fault), sends));
  expect(checks).toEqual(expect.arrayContaining(caught[fault]));
});

test("a step survives being a number", () => {
  const step = fc.record({
    act: fc.constantFrom(...acts),
    order: fc.nat({ max: 2 ** 28 - 1 }),
    revocable: fc.boolean(),
  });
  fc.assert(
    fc.property(step, (one) => {
      expect(stepOf(detailOf(one))).toEqual(one);
      expect(detailOf(one)).toBeLessThan(2 ** 32);
    }),
  );
});
