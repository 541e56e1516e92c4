import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { CampaignDraft } from "../../campaign/draft.ts";
import type { CouponRow } from "../ledger.ts";
import type { RedemptionAnswer, RedemptionAsk } from "../redemptions.ts";
import { create, crowd, fresh, freshFormat, type Harness, hash16, NOW_MS, prize } from "./harness.ts";

const TTL_MS = 60_000;

/** In a few words. */
export function brief(answer: RedemptionAnswer | undefined): string {
  if (!answer) return "not found";
  if (answer.kind === "refused") return answer.reason;
  return `${answer.coupon.state}${answer.replayed ? ", again" : ""}`;
}

export const ask = (coupon: CouponRow, over: Partial<RedemptionAsk> = {}): RedemptionAsk => ({
  spaceNo: coupon.spaceNo,
  serial: coupon.serial,
  act: "redeem",
  orderId: "order",
  ttlMs: TTL_MS,
  userHash: undefined,
  ...over,
});

/** Each later than those before, as the ledger wants them recorded. */
const epochOf = ({ no }: { no: number }) => 20 + no;

/** Coupons of a campaign of their own, of a user each. */
export async function issuedCoupons(
  { ledger, record }: ReturnType<Harness>,
  size: number,
  over: Partial<CampaignDraft> = {},
) {
  const campaign = await create(ledger, { prizes: [prize("gift", size)], ...over });
  const coupons = Array.from({ length: size }, (_, i): CouponRow => {
    const userId = fresh("user");
    return {
      ...{
        partitionNo: 0,
        epoch: epochOf(campaign),
        n: 1,
        i,
        campaignNo: campaign.no,
        prizeNo: 0,
        number: 0,
      },
      ...{ drawnNo: undefined, revision: 1, spaceNo: campaign.space.no, timeMs: NOW_MS },
      serial: campaign.prizes[0]!.ranges[0]!.first + i,
      ...{ userId, userHash: hash16(userId) },
      ...{ requestHash: undefined, requestFields: undefined, addressHash: undefined },
    };
  });
  await record(coupons);
  return { campaign, coupons };
}

export function redeemsCoupons(harness: Harness): void {
  const one = async (asked: RedemptionAsk) => (await harness().ledger.redeem([asked]))[0];
  const told = async (campaignNo: number) => {
    const facts = await harness().ledger.facts(campaignNo, 0, 1_000, 1_000);
    return facts.map(({ type, data }) => ({ type, data }));
  };

  test("an order reserves and confirms, and another server knows", async () => {
    const { campaign, coupons } = await issuedCoupons(harness(), 2);
    const [coupon, untouched] = coupons as [CouponRow, CouponRow];
    const { ledger, other } = harness();
    const reserved = await one(ask(coupon, { act: "reserve" }));
    expect(reserved).toMatchObject({
      kind: "coupon",
      replayed: false,
      coupon: {
        campaignId: campaign.id,
        prizeId: "gift",
        userId: coupon.userId,
        issueMs: NOW_MS,
        expireMs: undefined,
        state: "reserved",
        redemption: { orderId: "order", redeemMs: undefined },
      },
    });
    const { nowMs, touched } = await other.redemptions([coupon, untouched]);
    expect(touched).toHaveLength(1);
    const { reserveUntilMs } = touched[0]!;
    expect(touched[0]).toMatchObject({ spaceNo: coupon.spaceNo, serial: coupon.serial, orderId: "order" });
    expect(reserveUntilMs! - nowMs).toBeGreaterThan(TTL_MS - 10_000);
    expect(reserveUntilMs! - nowMs).toBeLessThanOrEqual(TTL_MS);
    expect(await one(ask(coupon, { act: "reserve", orderId: "another" }))).toEqual({
      kind: "refused",
      reason: "COUPON_RESERVED",
      retryMs: reserveUntilMs,
    });
    // Asked again it holds no longer.
    expect(brief(await one(ask(coupon, { act: "reserve", ttlMs: 9 * TTL_MS })))).toBe("reserved, again");
    expect((await ledger.redemptions([coupon])).touched).toEqual(touched);
    const [confirmed] = await other.redeem([ask(coupon, { act: "confirm" })]);
    expect(brief(confirmed)).toBe("redeemed");
    expect(await one(ask(coupon, { act: "confirm" }))).toEqual({ ...confirmed, replayed: true });
    expect(await told(campaign.no)).toEqual([
      {
        type: "coupon.redeemed",
        data: { spaceNo: coupon.spaceNo, serial: coupon.serial, orderId: "order" },
      },
    ]);
    expect((await ledger.redemptions([])).touched).toEqual([]);
  });

  test("a reservation lapses by itself, and one that is released is gone at once", async () => {
    const { coupons } = await issuedCoupons(harness(), 2);
    const [lapsing, released] = coupons as [CouponRow, CouponRow];
    expect(brief(await one(ask(lapsing, { act: "reserve", ttlMs: 1 })))).toBe("reserved");
    while ((await harness().ledger.redemptions([lapsing])).touched[0]!.reserveUntilMs! > Date.now() - 5)
      await delay(1);
    expect(brief(await one(ask(lapsing, { act: "confirm" })))).toBe("RESERVATION_LAPSED");
    expect(brief(await one(ask(lapsing, { orderId: "another" })))).toBe("redeemed");
    await one(ask(released, { act: "reserve" }));
    expect(brief(await one(ask(released, { act: "release" })))).toBe("issued");
    expect(brief(await one(ask(released, { act: "release" })))).toBe("issued, again");
    expect(brief(await one(ask(released, { act: "reserve", orderId: "another" })))).toBe("reserved");
  });

  test("fifty who redeem one coupon at once: one wins, and its repeats", async () => {
    const { campaign, coupons } = await issuedCoupons(harness(), 1);
    const asked = (i: number) => ask(coupons[0]!, { orderId: `order ${i % 50}` });
    const answers = (await crowd(harness(), 100, (ledger, i) => ledger.redeem([asked(i)]))).flat();
    const count = (what: string) => answers.filter((answer) => brief(answer) === what).length;
    expect([count("redeemed"), count("redeemed, again"), count("ALREADY_REDEEMED")]).toEqual([1, 1, 98]);
    expect(await told(campaign.no)).toHaveLength(1);
  });

  test("requests that travel together are decided in their order, each coupon by itself", async () => {
    const { ledger } = harness();
    const several = [await issuedCoupons(harness(), 3), await issuedCoupons(harness(), 3)];
    const [a, b, c] = several[0]!.coupons as [CouponRow, CouponRow, CouponRow];
    const [d, e] = several[1]!.coupons as [CouponRow, CouponRow];
    const answers = await ledger.redeem([
      ask(e, { orderId: "5" }),
      ask(a, { act: "reserve", orderId: "1" }),
      ask(a, { act: "redeem", orderId: "2" }),
      ask({ ...a, serial: a.serial + 1_000 }),
      ask({ ...a, spaceNo: a.spaceNo + 1_000 }),
      ask(d, { act: "reserve", orderId: "4" }),
      ask(a, { act: "confirm", orderId: "1" }),
      ask(c, { userHash: hash16("somebody else") }),
      ask(b, { userHash: b.userHash }),
      ask(d, { act: "release", orderId: "4" }),
    ]);
    expect(answers.map(brief)).toEqual([
      "redeemed",
      "reserved",
      "COUPON_RESERVED",
      "not found",
      "not found",
      "reserved",
      "redeemed",
      "NOT_OWNER",
      "redeemed",
      "issued",
    ]);
    const { touched } = await ledger.redemptions([a, b, c, d, e]);
    expect(touched.map(({ serial }) => serial).toSorted()).toEqual(
      [a, b, d, e].map(({ serial }) => serial).toSorted(),
    );
    for (const { campaign } of several)
      expect((await told(campaign.no)).every(({ type }) => type === "coupon.redeemed")).toBe(true);
    expect(await told(several[0]!.campaign.no)).toHaveLength(2);
    expect((await ledger.redeem([ask({ ...a, serial: a.serial + 1_000 })])).map(brief)).toEqual([
      "not found",
    ]);
  });

  test("many batches over the same coupons at once: none is lost, none is redeemed twice", async () => {
    const { coupons } = await issuedCoupons(harness(), 20);
    const batches = await crowd(harness(), 12, (ledger, i) =>
      ledger.redeem(coupons.map((_, at) => ask(coupons[(at * 7 + i) % 20]!, { orderId: `order ${i}` }))),
    );
    const answers = batches.flat().map(brief);
    expect(answers.filter((answer) => answer === "redeemed")).toHaveLength(20);
    expect(answers.filter((answer) => answer === "ALREADY_REDEEMED")).toHaveLength(220);
  });

  test("coupons expire by their campaign as it is now, at an instant or so long after they were issued", async () => {
    const { ledger } = harness();
    const { campaign, coupons } = await issuedCoupons(harness(), 4, {
      couponExpiry: { kind: "at", ms: NOW_MS + 1 },
    });
    const [a, b, c, d] = coupons as [CouponRow, CouponRow, CouponRow, CouponRow];
    expect(brief(await one(ask(a)))).toBe("COUPON_EXPIRED");
    const expiring = async (couponExpiry: CampaignDraft["couponExpiry"] | null) => {
      const changed = await ledger.changeCampaign(
        campaign.id,
        undefined,
        { ...(couponExpiry !== undefined && { couponExpiry }), nowMs: NOW_MS },
        undefined,
      );
      expect(changed.kind).toBe("changed");
    };
    await expiring({ kind: "after", ms: 1 });
    expect(brief(await one(ask(a)))).toBe("COUPON_EXPIRED");
    const expireMs = Date.now() + 3_600_000;
    await expiring({ kind: "after", ms: expireMs - NOW_MS });
    expect(await one(ask(a))).toMatchObject({ coupon: { state: "redeemed", expireMs } });
    await expiring({ kind: "at", ms: expireMs });
    expect(await one(ask(b, { act: "reserve", ttlMs: 7_200_000 }))).toMatchObject({
      coupon: { state: "reserved", expireMs, redemption: { reserveUntilMs: expireMs } },
    });
    await expiring({ kind: "at", ms: NOW_MS + 1 });
    // What was redeemed in time stays so.
    expect(brief(await one(ask(a)))).toBe("redeemed, again");
    expect(brief(await one(ask(c)))).toBe("COUPON_EXPIRED");
    await expiring(null);
    expect(await one(ask(d))).toMatchObject({ coupon: { state: "redeemed", expireMs: undefined } });
  });

  test("a coupon that was issued to nobody is whoever's that has it; an erased user's is still its own", async () => {
    const { ledger, record } = harness();
    const { coupons } = await issuedCoupons(harness(), 2);
    const [own] = coupons as [CouponRow];
    const request = hash16("a request");
    const { campaign } = await issuedCoupons(harness(), 1, { prizes: [prize("gift", 5)] });
    const bearers: CouponRow = {
      ...own,
      ...{ n: 2, epoch: epochOf(campaign), campaignNo: campaign.no, spaceNo: campaign.space.no, userId: "" },
      serial: campaign.prizes[0]!.ranges[0]!.first + 4,
      ...{ userHash: request, requestHash: request, requestFields: request.subarray(0, 8) },
    };
    await record([bearers]);
    expect(brief(await one(ask(bearers, { userHash: hash16("anybody") })))).toBe("redeemed");
    await ledger.erase({ userHash: own.userHash, nowMs: NOW_MS }, undefined);
    expect(brief(await one(ask(own, { userHash: hash16("anybody") })))).toBe("NOT_OWNER");
    expect(await one(ask(own, { userHash: own.userHash }))).toMatchObject({
      coupon: { state: "redeemed", userId: "" },
    });
  });

  test("a clock behind the store's never has a coupon redeemed before it was issued", async () => {
    const { record } = harness();
    const { coupons, campaign } = await issuedCoupons(harness(), 1, { prizes: [prize("gift", 2)] });
    const timeMs = Date.now() + 3_600_000;
    const early = { ...coupons[0]!, n: 2, timeMs, serial: coupons[0]!.serial + 1 };
    expect(campaign.prizes[0]!.ranges[0]!.size).toBe(2);
    await record([early]);
    expect(await one(ask(early))).toMatchObject({ coupon: { redemption: { redeemMs: timeMs } } });
  });

  test("a serial tells whose it is before it was issued", async () => {
    const { ledger } = harness();
    const format = freshFormat();
    const made = [await create(ledger, { format }), await create(ledger, { format, partitions: 3 })];
    for (const { no, partitions, space, prizes } of made) {
      const { first, size } = prizes[0]!.ranges[0]!;
      for (const serial of [first, first + size - 1])
        expect(await ledger.campaignOfSerial({ spaceNo: space.no, serial })).toEqual({ no, partitions });
    }
    const { space, prizes } = made[1]!;
    const { first, size } = prizes[0]!.ranges[0]!;
    expect(await ledger.campaignOfSerial({ spaceNo: space.no, serial: first + size })).toBeUndefined();
    expect(await ledger.campaignOfSerial({ spaceNo: space.no + 1_000, serial: 0 })).toBeUndefined();
  });
}
