import { durationFromMs, type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { type Coupon, Coupon_State as State } from "../../src/gen/allot/v1/coupon_pb.js";
import type { Draw } from "../../src/gen/allot/v1/draw_pb.js";
import { Reason, type Refusal } from "../../src/gen/allot/v1/refusal_pb.js";
import { BadRequestSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../../src/rpc/errors.ts";
import type { Clients } from "../client.ts";

interface Answer {
  outcome:
    | { case: "coupon"; value: Coupon }
    | { case: "refusal"; value: Refusal }
    | { case: undefined; value?: undefined };
  replayed: boolean;
}

/** In a few words. */
export function brief({ outcome, replayed }: Answer): string {
  if (outcome.case === "refusal") return Reason[outcome.value.reason];
  return `${State[outcome.value!.state]}${replayed ? ", again" : ""}`;
}

export const errorOf = async (call: Promise<unknown>) =>
  ConnectError.from(
    await call.then(
      () => new Error("it was answered"),
      (thrown) => thrown,
    ),
  );

let campaigns = 0;

export async function createCampaign(clients: Clients, campaign: object = {}): Promise<string> {
  const id = `redeem-${++campaigns}-${process.pid}`;
  const endTime = timestampFromMs(Date.now() + 86_400_000);
  const prizes = [{ id: "gift", quota: 1_000 }];
  await clients.campaigns.createCampaign({
    campaign: { id, endTime, prizes, limits: { perUser: 1 }, ...campaign },
  });
  return id;
}

export async function issue(clients: Clients, campaignId: string, userId: string): Promise<Coupon> {
  const { outcome } = await clients.coupons.issueCoupon({ campaignId, userId });
  if (outcome.case !== "coupon") throw new Error(`no coupon for ${userId}: ${JSON.stringify(outcome.value)}`);
  return outcome.value;
}

/** What redemption does by the public port, whatever is behind it; `clients` of two servers, or twice of the same. */
export function redeemsByThePort(clients: () => [Clients, Clients]): void {
  const setUp = async (campaign?: object) => {
    const [one, other] = clients();
    const campaignId = await createCampaign(one, campaign);
    return { ...one, other, campaignId, issue: (userId: string) => issue(one, campaignId, userId) };
  };
  const msOf = (time: Timestamp | undefined) => (time === undefined ? undefined : timestampMs(time));

  test("a coupon issued a moment ago can be redeemed at once, by way of any server", async () => {
    const { coupons, other, issue } = await setUp();
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const { code } = await issue(`user-${i}`);
        const { redeemCoupon } = i % 2 === 0 ? coupons : other.coupons;
        return redeemCoupon({ code, orderId: `order-${i}`, userId: `user-${i}` });
      }),
    );
    expect(answers.map(brief)).toEqual(Array(40).fill("REDEEMED"));
  });

  test("of fifty who redeem one coupon at once one gets it", async () => {
    const { coupons, other, issue } = await setUp();
    const { code } = await issue("ann");
    const ask = (i: number) =>
      (i % 2 === 0 ? coupons : other.coupons).redeemCoupon({ code, orderId: `order-${i}` });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(i)));
    const winner = answers.findIndex((answer) => brief(answer) === "REDEEMED");
    expect(answers.filter((answer) => brief(answer) === "ALREADY_REDEEMED")).toHaveLength(49);
    expect((await coupons.getCoupon({ code })).coupon!.orderId).toBe(`order-${winner}`);
    expect(await ask(winner)).toEqual({ ...answers[winner], replayed: true });
  });

  test("an order reserves, confirms and is told the same again; others wait, and everybody sees it", async () => {
    const { coupons, other, campaignId, issue } = await setUp();
    const { code } = await issue("ann");
    await issue("bob");
    const own = { code, orderId: "1" };
    const beforeMs = Date.now();
    const reserved = await coupons.reserveCoupon({ ...own, userId: "ann" });
    expect(brief(reserved)).toBe("RESERVED");
    const held = reserved.outcome.value as Coupon;
    expect(held).toMatchObject({ code, campaignId, prizeId: "gift", userId: "ann", orderId: "1" });
    const lapseMs = msOf(held.reserveExpireTime)!;
    expect(Math.abs(lapseMs - beforeMs - 15 * 60_000)).toBeLessThan(60_000);
    const longer = { ...own, ttl: durationFromMs(3_600_000) };
    expect(await other.coupons.reserveCoupon(longer)).toEqual({ ...reserved, replayed: true });
    for (const ask of ["reserveCoupon", "redeemCoupon", "confirmCoupon", "releaseCoupon"] as const) {
      const { outcome } = await other.coupons[ask]({ code, orderId: "2" });
      expect(outcome).toMatchObject({ case: "refusal", value: { reason: Reason.COUPON_RESERVED } });
      expect(msOf((outcome.value as Refusal).retryTime)).toBe(lapseMs);
    }
    expect((await other.coupons.getCoupon({ code })).coupon).toEqual(held);
    const confirmed = await other.coupons.confirmCoupon(own);
    expect(brief(confirmed)).toBe("REDEEMED");
    const redeemed = confirmed.outcome.value as Coupon;
    expect(redeemed.reserveExpireTime).toBeUndefined();
    expect(msOf(redeemed.redeemTime)).toBeGreaterThanOrEqual(msOf(redeemed.issueTime)!);
    for (const ask of ["reserveCoupon", "redeemCoupon", "confirmCoupon"] as const)
      expect(await coupons[ask](own)).toMatchObject({ outcome: confirmed.outcome, replayed: true });
    expect(brief(await coupons.releaseCoupon(own))).toBe("ALREADY_REDEEMED");
    const list = async () => (await other.coupons.listCoupons({ campaignId })).coupons;
    await expect.poll(async () => (await list()).length).toBe(2);
    const listed = await list();
    expect(listed.map(({ userId, state }) => [userId, State[state]]).toSorted()).toEqual([
      ["ann", "REDEEMED"],
      ["bob", "ISSUED"],
    ]);
    expect(listed.find(({ userId }) => userId === "ann")).toEqual(redeemed);
  });

  test("what is released is free at once; what lapses is free by itself, and can't be confirmed", async () => {
    const { coupons, issue } = await setUp();
    const { code } = await issue("ann");
    const ttl = durationFromMs(1_000);
    expect(brief(await coupons.releaseCoupon({ code, orderId: "0" }))).toBe("ISSUED, again");
    await coupons.reserveCoupon({ code, orderId: "1" });
    const released = await coupons.releaseCoupon({ code, orderId: "1" });
    expect(brief(released)).toBe("ISSUED");
    expect(released.outcome.value).toMatchObject({ orderId: "" });
    expect((released.outcome.value as Coupon).reserveExpireTime).toBeUndefined();
    expect(brief(await coupons.confirmCoupon({ code, orderId: "1" }))).toBe("RESERVATION_LAPSED");
    await coupons.reserveCoupon({ code, orderId: "2", ttl });
    const state = async () => State[(await coupons.getCoupon({ code })).coupon!.state];
    expect(await state()).toBe("RESERVED");
    await expect.poll(state).toBe("ISSUED");
    expect((await coupons.getCoupon({ code })).coupon!.orderId).toBe("");
    expect(brief(await coupons.confirmCoupon({ code, orderId: "2" }))).toBe("RESERVATION_LAPSED");
    expect(brief(await coupons.redeemCoupon({ code, orderId: "3" }))).toBe("REDEEMED");
  });

  test("another user's and expired coupons are refused, and so much is seen of them", async () => {
    const { coupons, campaigns, campaignId, issue } = await setUp();
    const { code } = await issue("ann");
    for (const ask of ["reserveCoupon", "redeemCoupon"] as const) {
      expect(brief(await coupons[ask]({ code, orderId: "1", userId: "bob" }))).toBe("NOT_OWNER");
    }
    const { campaign } = await campaigns.getCampaign({ campaignId });
    const couponLifetime = durationFromMs(1);
    await campaigns.updateCampaign({
      revision: campaign!.revision,
      campaign: { id: campaignId, couponExpiry: { case: "couponLifetime", value: couponLifetime } },
      updateMask: { paths: ["coupon_lifetime"] },
    });
    for (const ask of ["reserveCoupon", "redeemCoupon", "confirmCoupon"] as const) {
      expect(brief(await coupons[ask]({ code, orderId: "1" }))).toBe("COUPON_EXPIRED");
    }
    const { coupon } = await coupons.getCoupon({ code });
    expect(State[coupon!.state]).toBe("EXPIRED");
    expect(msOf(coupon!.expireTime)).toBe(msOf(coupon!.issueTime)! + 1);
  });

  test("a coupon says when it expires from its first answer on, whichever method gives it", async () => {
    const couponExpiry = { case: "couponLifetime" as const, value: durationFromMs(3_600_000) };
    const { coupons, campaignId, issue } = await setUp({ couponExpiry });
    const alone = await issue("ann");
    const { results } = await coupons.issueCoupons({ requests: [{ campaignId, userId: "bob" }] });
    for (const coupon of [alone, results[0]!.outcome.value as Coupon]) {
      expect(msOf(coupon.expireTime)).toBe(msOf(coupon.issueTime)! + 3_600_000);
      expect((await coupons.getCoupon({ code: coupon.code })).coupon).toEqual(coupon);
    }
    const drawing = await createCampaign(clients()[0], {
      mechanic: { case: "instantWin", value: {} },
      prizes: [{ id: "gift", oddsPpm: 1_000_000 }],
      limits: { perUserPerDay: 1 },
      couponExpiry,
    });
    const { outcome } = await clients()[0].draws.draw({ campaignId: drawing, userId: "ann" });
    const { coupon } = outcome.value as Draw;
    expect(msOf(coupon!.expireTime)).toBe(msOf(coupon!.issueTime)! + 3_600_000);
    expect(brief(await coupons.redeemCoupon({ code: coupon!.code, orderId: "1" }))).toBe("REDEEMED");
  });

  test("whatever is wrong with a code, the answer is the same", async () => {
    const { coupons, issue } = await setUp();
    const { code } = await issue("ann");
    const otherSymbol = code.at(-1) === "0" ? "1" : "0";
    const wrong = [`${code.slice(0, -1)}${otherSymbol}`, `${code}0`, "nonsense", "日本", "x".repeat(500)];
    const answers = new Set<string>();
    for (const code of wrong) {
      for (const call of [
        () => coupons.getCoupon({ code }),
        () => coupons.reserveCoupon({ code, orderId: "1" }),
        () => coupons.confirmCoupon({ code, orderId: "1" }),
        () => coupons.releaseCoupon({ code, orderId: "1" }),
        () => coupons.redeemCoupon({ code, orderId: "1" }),
        () => coupons.revokeCoupon({ code, reason: "no" }),
      ]) {
        const error = await errorOf(call());
        answers.add(`${Code[error.code]} ${reasonOf(error)} ${error.rawMessage}`);
      }
    }
    expect([...answers]).toEqual(["NotFound COUPON_NOT_FOUND There is no coupon with this code."]);
  });

  test("what is missing or too long is named", async () => {
    const { coupons } = await setUp();
    const fieldsOf = async (call: Promise<unknown>) => {
      const error = await errorOf(call);
      expect(error.code).toBe(Code.InvalidArgument);
      return error.findDetails(BadRequestSchema)[0]!.fieldViolations.map(({ field }) => field);
    };
    const long = "é".repeat(65);
    expect(await fieldsOf(coupons.redeemCoupon({}))).toEqual(["code", "order_id"]);
    expect(await fieldsOf(coupons.confirmCoupon({ code: "c", orderId: long }))).toEqual(["order_id"]);
    for (const ttl of [durationFromMs(999), durationFromMs(7 * 86_400_000 + 1), { seconds: -1n, nanos: 0 }])
      expect(await fieldsOf(coupons.reserveCoupon({ code: "c", orderId: "1", userId: long, ttl }))).toEqual([
        "user_id",
        "ttl",
      ]);
    expect(await fieldsOf(coupons.revokeCoupon({ requestId: "x".repeat(129) }))).toEqual([
      "request_id",
      "code",
      "reason",
    ]);
    const reason = "x".repeat(201);
    expect(await fieldsOf(coupons.revokeCoupon({ code: "c", reason }))).toEqual(["reason"]);
  });
}

/** What revoking does by the public port. */
export function revokesByThePort(clients: () => [Clients, Clients]): void {
  const remaining = async ({ campaigns }: Clients, campaignId: string) => {
    const { stats } = (await campaigns.getCampaign({ campaignId })).campaign!;
    return { issued: stats!.issued, remaining: stats!.remaining };
  };
  /** As often as it takes until a coupon comes: what comes back is on its way for a moment. */
  const taken = (of: Clients, campaignId: string, userId: string) =>
    of.coupons.issueCoupon({ campaignId, userId }).then(({ outcome }) => outcome.case);

  test("a revoked coupon is refused to everybody and shows why; revoking it again changes nothing", async () => {
    const [one, other] = clients();
    const campaignId = await createCampaign(one);
    const { code } = await issue(one, campaignId, "ann");
    await one.coupons.redeemCoupon({ code, orderId: "1" });
    const revocation = { code, reason: "Fraud: 盗用", requestId: `revoke-${code}` };
    const { coupon } = await one.coupons.revokeCoupon(revocation);
    expect(coupon).toMatchObject({ state: State.REVOKED, revokeReason: "Fraud: 盗用", orderId: "1" });
    expect(coupon!.revokeTime).toBeDefined();
    expect((await other.coupons.revokeCoupon(revocation)).coupon).toEqual(coupon);
    const later = await other.coupons.revokeCoupon({ code, reason: "again", returnQuota: true });
    expect(later.coupon).toEqual(coupon);
    expect(brief(await other.coupons.redeemCoupon({ code, orderId: "1" }))).toBe("COUPON_REVOKED");
    expect((await other.coupons.getCoupon({ code })).coupon).toEqual(coupon);
    const reused = await errorOf(other.coupons.revokeCoupon({ ...revocation, reason: "other" }));
    expect(reasonOf(reused)).toBe("REQUEST_ID_REUSED");
    expect(await remaining(one, campaignId)).toEqual({ issued: 1, remaining: 999 });
    // The user has had one.
    const { outcome } = await one.coupons.issueCoupon({ campaignId, userId: "ann" });
    expect((outcome.value as Coupon).code).toBe(code);
  });

  test("with the quota returned one more is given out in its place, and the user may take one again", async () => {
    const [one, other] = clients();
    const campaignId = await createCampaign(one, { prizes: [{ id: "gift", quota: 3 }] });
    const given = await Promise.all(["a", "b", "c"].map((userId) => issue(one, campaignId, userId)));
    expect(await taken(one, campaignId, "d")).toBe("refusal");
    const { code } = given[0]!;
    const revoke = () =>
      other.coupons.revokeCoupon({ code, reason: "x", returnQuota: true, requestId: code });
    const { coupon } = await revoke();
    expect((await revoke()).coupon).toEqual(coupon);
    await expect.poll(() => remaining(other, campaignId)).toEqual({ issued: 3, remaining: 1 });
    await expect.poll(() => taken(one, campaignId, "d")).toBe("coupon");
    expect(await taken(other, campaignId, "e")).toBe("refusal");
    // The first user's claim is free, but nothing is left; then another one comes back.
    expect(await taken(one, campaignId, "a")).toBe("refusal");
    await one.coupons.revokeCoupon({ code: given[1]!.code, reason: "x", returnQuota: true });
    await expect.poll(() => taken(other, campaignId, "a")).toBe("coupon");
    expect(await taken(one, campaignId, "b")).toBe("refusal");
    expect(await taken(one, campaignId, "a")).toBe("coupon");
    await expect.poll(() => remaining(one, campaignId)).toEqual({ issued: 5, remaining: 0 });
    await expect.poll(async () => (await one.all(campaignId)).length).toBe(5);
    const listed = await one.all(campaignId);
    const states = listed.map(({ userId, state }) => `${userId} ${State[state]}`);
    expect(states.toSorted()).toEqual(["a ISSUED", "a REVOKED", "b REVOKED", "c ISSUED", "d ISSUED"]);
    expect(new Set(listed.map(({ code }) => code)).size).toBe(5);
  });

  test("many are returned while a crowd asks: exactly the quota is out in the end", async () => {
    const [one, other] = clients();
    const campaignId = await createCampaign(one, { prizes: [{ id: "gift", quota: 20 }] });
    const first = await Promise.all(
      Array.from({ length: 20 }, (_, i) => issue(one, campaignId, `first-${i}`)),
    );
    const revoking = first
      .slice(0, 8)
      .map(({ code }, i) =>
        (i % 2 === 0 ? one : other).coupons.revokeCoupon({ code, reason: "x", returnQuota: true }),
      );
    const crowd = Array.from({ length: 40 }, (_, i) =>
      taken(i % 2 === 0 ? one : other, campaignId, `u-${i}`),
    );
    await Promise.all([...revoking, ...crowd]);
    let asked = 0;
    await expect
      .poll(async () => {
        await taken(one, campaignId, `late-${asked++ % 10}`);
        return (await one.all(campaignId)).filter(({ state }) => state !== State.REVOKED).length;
      })
      .toBe(20);
    for (let i = 0; i < 10; i++) await taken(other, campaignId, `last-${i}`);
    await expect.poll(() => remaining(one, campaignId)).toEqual({ issued: 28, remaining: 0 });
  });

  test("a unit of today's daily quota comes back for today", async () => {
    const [one] = clients();
    const campaignId = await createCampaign(one, { prizes: [{ id: "gift", quota: 100, dailyQuota: 2 }] });
    const { code } = await issue(one, campaignId, "a");
    await issue(one, campaignId, "b");
    expect(await taken(one, campaignId, "c")).toBe("refusal");
    await one.coupons.revokeCoupon({ code, reason: "x", returnQuota: true });
    await expect.poll(() => taken(one, campaignId, "c")).toBe("coupon");
    expect(await taken(one, campaignId, "d")).toBe("refusal");
  });
}
