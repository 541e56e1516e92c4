import { expect, test } from "vitest";
import type { CouponRow } from "../ledger.ts";
import { addGranted } from "../sql/prizes.ts";
import { crowd, fresh, type Harness, mutation, NOW_MS, prize } from "./harness.ts";
import { ask, brief, issuedCoupons } from "./redeeming.ts";

export function revokesCoupons(harness: Harness): void {
  const take = (coupon: CouponRow, returnQuota: boolean, made = false) => {
    const { spaceNo, serial } = coupon;
    const revocation = { spaceNo, serial, reason: "stolen", returnQuota };
    return harness().ledger.revoke(revocation, made ? mutation("RevokeCoupon") : undefined);
  };
  const granted = async (campaignNo: number) => {
    const { queries } = harness();
    const prizes = queries.selectFrom("prize").select("granted").where("campaign_no", "=", campaignNo);
    const ofDays = queries.selectFrom("prize_day").selectAll().where("campaign_no", "=", campaignNo);
    const days = await ofDays.execute();
    return {
      total: (await prizes.executeTakeFirstOrThrow()).granted,
      days: Object.fromEntries(days.map((row) => [row.day, row.granted])),
    };
  };
  const stockOf = async (id: string) => {
    const { ledger } = harness();
    const campaign = (await ledger.campaign(id))!;
    const [counts] = await ledger.counts(campaign.no);
    const reserved = campaign.prizes[0]!.ranges.reduce((sum, { size }) => sum + size, 0);
    return { issued: counts!.issued, returned: counts!.returned, reserved };
  };

  test("a raised quota makes up for the serials of coupons that were returned", async () => {
    const { ledger, queries } = harness();
    const { campaign, coupons } = await issuedCoupons(harness(), 3);
    await addGranted(queries, { campaignNo: campaign.no, prizeNo: 0 }, "", 3);
    for (const coupon of coupons.slice(1)) await take(coupon, true);
    const change = { prizes: [prize("gift", 8)], nowMs: NOW_MS };
    const raised = await ledger.changeCampaign(campaign.id, undefined, change, undefined);
    if (raised.kind !== "changed") throw new Error(raised.kind);
    expect(raised.campaign.prizes[0]!.ranges.map(({ size }) => size)).toEqual([3, 1, 1, 5]);
  });

  test("a revoked coupon is nobody's any more, whatever it was used for", async () => {
    const { ledger } = harness();
    const { campaign, coupons } = await issuedCoupons(harness(), 3);
    const [held, redeemed, plain] = coupons as [CouponRow, CouponRow, CouponRow];
    await ledger.redeem([ask(held, { act: "reserve" }), ask(redeemed)]);
    for (const coupon of coupons) {
      expect(await take(coupon, false)).toEqual({ kind: "revoked" });
      expect((await ledger.redeem([ask(coupon)])).map(brief)).toEqual(["COUPON_REVOKED"]);
    }
    const { touched } = await ledger.redemptions(coupons);
    const at = (coupon: CouponRow) => touched.find(({ serial }) => serial === coupon.serial);
    const gone = { revokeReason: "stolen", revokeMs: expect.any(Number), reserveUntilMs: undefined };
    expect(at(plain)).toMatchObject({ ...gone, orderId: "", redeemMs: undefined });
    expect(at(held)).toMatchObject({ ...gone, orderId: "", redeemMs: undefined });
    expect(at(redeemed)).toMatchObject({ ...gone, orderId: "order", redeemMs: expect.any(Number) });
    // Again changes nothing.
    expect(await take(plain, true)).toEqual({ kind: "revoked" });
    expect((await ledger.redemptions([plain])).touched[0]).toEqual(at(plain));
    expect(await stockOf(campaign.id)).toEqual({ issued: 3, returned: 0, reserved: 3 });
    expect(await take({ ...plain, serial: 9_999 }, true)).toEqual({ kind: "not-found" });
    const facts = await ledger.facts(campaign.no, 0, 100, 100);
    expect(facts.map(({ type, data }) => [type, data]).at(-1)).toEqual([
      "coupon.revoked",
      { spaceNo: plain.spaceNo, serial: plain.serial, reason: "stolen", quotaReturned: false },
    ]);
    expect(facts).toHaveLength(4);
  });

  test("with its quota returned one more is reserved in its place, once, until the store was told", async () => {
    const { ledger, other, queries } = harness();
    const { campaign, coupons } = await issuedCoupons(harness(), 3);
    const [a, b] = coupons as [CouponRow, CouponRow, CouponRow];
    await addGranted(queries, { campaignNo: campaign.no, prizeNo: 0 }, "", 3);
    const before = await granted(campaign.no);
    const outcomes = await crowd(harness(), 10, (one, i) => {
      const { spaceNo, serial } = i % 2 === 0 ? a : b;
      return one.revoke({ spaceNo, serial, reason: "stolen", returnQuota: true }, undefined);
    });
    expect(outcomes.every(({ kind }) => kind === "revoked")).toBe(true);
    expect(await stockOf(campaign.id)).toEqual({ issued: 3, returned: 2, reserved: 5 });
    expect(await granted(campaign.no)).toEqual({ total: before.total - 2, days: {} });
    expect(await other.returned([campaign.no, campaign.no + 1_000])).toEqual(
      new Map([[campaign.no, new Set([a.serial, b.serial])]]),
    );
    const waiting = async () =>
      (await other.unreleased(1_000)).filter(({ campaignNo }) => campaignNo === campaign.no);
    expect(await waiting()).toEqual([a, b]);
    expect(await ledger.isUnreleased(a)).toBe(true);
    await ledger.released(a);
    expect(await ledger.isUnreleased(a)).toBe(false);
    expect(await waiting()).toEqual([b]);
    await ledger.released(b);
    expect(await waiting()).toEqual([]);
    expect(await ledger.isUnreleased(coupons[2]!)).toBe(false);
    expect((await ledger.returned([])).size).toBe(0);
  });

  test("a daily quota gets the unit back where it is of today, else the total alone", async () => {
    const { ledger, record, queries } = harness();
    const { campaign, coupons } = await issuedCoupons(harness(), 1, { prizes: [prize("gift", 5, 3)] });
    const today = { ...coupons[0]!, n: 2, timeMs: Date.now(), serial: coupons[0]!.serial + 1 };
    await record([today]);
    // In the campaign's zone, Asia/Seoul.
    const dateOf = (ms: number) => new Date(ms + 9 * 3_600_000).toISOString().slice(0, 10);
    const [then, now] = [dateOf(NOW_MS - 40 * 86_400_000), dateOf(today.timeMs)];
    const old = { ...coupons[0]!, n: 3, timeMs: NOW_MS - 40 * 86_400_000, serial: today.serial + 1 };
    await record([old]);
    const place = { campaignNo: campaign.no, prizeNo: 0 };
    for (const day of [then, now]) await addGranted(queries, place, day, 2);
    const before = await granted(campaign.no);
    await ledger.revoke({ ...old, reason: "x", returnQuota: true }, undefined);
    expect(await granted(campaign.no)).toEqual({ ...before, total: before.total - 1 });
    await ledger.revoke({ ...today, reason: "x", returnQuota: true }, undefined);
    expect(await granted(campaign.no)).toEqual({
      total: before.total - 2,
      days: { ...before.days, [now]: before.days[now]! - 1 },
    });
  });

  test("a full code space, or codes made ahead, let nothing be returned, and nothing is revoked then", async () => {
    const { ledger } = harness();
    const format = { alphabet: "0123456789", length: 1, prefix: fresh("R") };
    const { coupons } = await issuedCoupons(harness(), 10, { format, allowGuessable: true });
    expect(await take(coupons[0]!, true)).toEqual({ kind: "no-room" });
    const pool = await issuedCoupons(harness(), 1, { mechanic: { kind: "code-pool", imported: false } });
    expect(await take(pool.coupons[0]!, true)).toEqual({ kind: "code-pool" });
    for (const coupon of [coupons[0]!, pool.coupons[0]!]) {
      expect((await ledger.redemptions([coupon])).touched).toEqual([]);
      expect(await take(coupon, false)).toEqual({ kind: "revoked" });
    }
  });

  test("a mutation revokes once, and is found by its coupon", async () => {
    const { ledger } = harness();
    const { coupons } = await issuedCoupons(harness(), 1);
    const { spaceNo, serial } = coupons[0]!;
    const made = mutation("RevokeCoupon");
    const outcomes = await crowd(harness(), 6, (one) =>
      one.revoke({ spaceNo, serial, reason: "x", returnQuota: false }, made),
    );
    expect(outcomes.filter(({ kind }) => kind === "revoked")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "repeated")).toHaveLength(5);
    expect(await ledger.mutation("RevokeCoupon", made.requestId)).toMatchObject({
      subject: `${spaceNo} ${serial}`,
    });
  });
}
