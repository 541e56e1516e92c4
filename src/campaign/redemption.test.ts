import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  couponState,
  decideRedemption,
  type Redemption,
  type RedemptionOutcome,
  type RedemptionRequest,
  revoked,
  untouched,
} from "./redemption.ts";

const START_MS = 1_000;
const TTL_MS = 100;

const ask = (
  act: RedemptionRequest["act"],
  orderId = "a",
  more: Partial<RedemptionRequest> = {},
): RedemptionRequest => ({ act, orderId, ttlMs: TTL_MS, isOthers: false, ...more });

/** In a few words. */
function brief(outcome: RedemptionOutcome): string {
  if (outcome.kind !== "refused") return outcome.kind;
  return outcome.retryMs === undefined ? outcome.reason : `${outcome.reason} until ${outcome.retryMs}`;
}

/** A coupon that is asked for one thing after the other, each at its time. */
function coupon(expireMs?: number) {
  let redemption = untouched;
  return {
    at(nowMs: number, request: RedemptionRequest): string {
      const outcome = decideRedemption(redemption, request, expireMs, nowMs);
      if (outcome.kind === "done") redemption = outcome.redemption;
      return brief(outcome);
    },
    revoke(nowMs: number) {
      redemption = revoked(redemption, "fraud", nowMs) ?? redemption;
    },
    state: (nowMs: number) => couponState(redemption, expireMs, nowMs),
    get now(): Redemption {
      return redemption;
    },
  };
}

describe("an order", () => {
  test("reserves and confirms; repeats change nothing", () => {
    const one = coupon();
    expect(one.at(START_MS, ask("reserve"))).toBe("done");
    expect(one.state(START_MS)).toBe("reserved");
    expect(one.at(START_MS + 60, ask("reserve"))).toBe("replayed");
    expect(one.now.reserveUntilMs).toBe(START_MS + TTL_MS);
    expect(one.at(START_MS + 70, ask("confirm"))).toBe("done");
    expect(one.now).toEqual({ ...untouched, orderId: "a", redeemMs: START_MS + 70 });
    for (const act of ["reserve", "confirm", "redeem"] as const) {
      expect(one.at(START_MS + 9_999, ask(act))).toBe("replayed");
      expect(one.at(START_MS + 9_999, ask(act, "b"))).toBe("ALREADY_REDEEMED");
    }
    expect(one.at(START_MS + 80, ask("release"))).toBe("ALREADY_REDEEMED");
  });

  test("releases, and the coupon is free at once; releasing nothing changes nothing", () => {
    const one = coupon();
    expect(one.at(START_MS, ask("release"))).toBe("replayed");
    expect(one.at(START_MS, ask("reserve"))).toBe("done");
    expect(one.at(START_MS, ask("release", "b"))).toBe(`COUPON_RESERVED until ${START_MS + TTL_MS}`);
    expect(one.at(START_MS + 1, ask("release"))).toBe("done");
    expect(one.state(START_MS + 1)).toBe("issued");
    expect(one.now).toEqual(untouched);
    expect(one.at(START_MS + 2, ask("release"))).toBe("replayed");
    expect(one.at(START_MS + 2, ask("confirm"))).toBe("RESERVATION_LAPSED");
    expect(one.at(START_MS + 2, ask("redeem", "b"))).toBe("done");
  });

  test("redeems at once, also under its own reservation, not under another's", () => {
    const one = coupon();
    one.at(START_MS, ask("reserve", "b"));
    expect(one.at(START_MS, ask("redeem"))).toBe(`COUPON_RESERVED until ${START_MS + TTL_MS}`);
    expect(one.at(START_MS, ask("confirm"))).toBe(`COUPON_RESERVED until ${START_MS + TTL_MS}`);
    expect(one.at(START_MS + 5, ask("redeem", "b"))).toBe("done");
  });

  test("has nothing any more the moment its reservation lapses, and may reserve anew as anybody may", () => {
    const one = coupon();
    one.at(START_MS, ask("reserve"));
    const lapsedMs = START_MS + TTL_MS;
    expect(one.state(lapsedMs - 1)).toBe("reserved");
    expect(one.state(lapsedMs)).toBe("issued");
    expect(one.at(lapsedMs, ask("confirm"))).toBe("RESERVATION_LAPSED");
    expect(one.at(lapsedMs, ask("release"))).toBe("replayed");
    expect(one.at(lapsedMs, ask("reserve"))).toBe("done");
    expect(one.at(lapsedMs, ask("reserve", "b"))).toMatch("COUPON_RESERVED");
  });
});

describe("what is refused whoever asks", () => {
  const acts = ["reserve", "confirm", "release", "redeem"] as const;

  test.each(acts)("another user's: %s", (act) => {
    const one = coupon();
    one.at(START_MS, ask("redeem"));
    expect(one.at(START_MS, ask(act, "a", { isOthers: true }))).toBe("NOT_OWNER");
  });

  test.each(acts)("revoked, even what this order redeemed: %s", (act) => {
    const one = coupon();
    one.at(START_MS, ask("redeem"));
    one.revoke(START_MS + 1);
    expect(one.at(START_MS + 2, ask(act))).toBe("COUPON_REVOKED");
    expect(one.now).toEqual({
      ...untouched,
      ...{ orderId: "a", redeemMs: START_MS, revokeMs: START_MS + 1, revokeReason: "fraud" },
    });
    one.revoke(START_MS + 9);
    expect(one.now.revokeMs).toBe(START_MS + 1);
  });

  test("expired, but for what was redeemed in time, and giving up", () => {
    const expireMs = START_MS + 50;
    const one = coupon(expireMs);
    expect(one.at(START_MS, ask("reserve"))).toBe("done");
    // What is held can be redeemed.
    expect(one.now.reserveUntilMs).toBe(expireMs);
    expect(one.state(expireMs)).toBe("expired");
    for (const act of ["reserve", "confirm", "redeem"] as const)
      expect(one.at(expireMs, ask(act))).toBe("COUPON_EXPIRED");
    expect(one.at(expireMs, ask("release"))).toBe("replayed");
    const other = coupon(expireMs);
    expect(other.at(expireMs - 1, ask("redeem"))).toBe("done");
    expect(other.at(expireMs + 1, ask("redeem"))).toBe("replayed");
    expect(other.state(expireMs + 1)).toBe("redeemed");
  });
});

test("whatever is asked in whichever order, one order redeems, once, and nobody who was told no changes anything", () => {
  const request = fc.record({
    afterMs: fc.integer({ min: 0, max: 80 }),
    act: fc.constantFrom("reserve", "confirm", "release", "redeem", "revoke"),
    orderId: fc.constantFrom("a", "b", "c"),
    ttlMs: fc.integer({ min: 1, max: 200 }),
    isOthers: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  });
  const requests = fc.array(request, { maxLength: 30 });
  fc.assert(
    fc.property(requests, fc.option(fc.integer({ min: 0, max: 1_500 })), (asked, expireAfterMs) => {
      const expireMs = expireAfterMs === null ? undefined : START_MS + expireAfterMs;
      let before: Redemption = untouched;
      let nowMs = START_MS;
      // By the simplest words for it: who holds it until when, who has redeemed it, whether it was taken back.
      const model = { holder: "", untilMs: 0, redeemer: "", isRevoked: false };
      for (const { afterMs, act, ...rest } of asked) {
        nowMs += afterMs;
        if (act === "revoke") {
          before = revoked(before, "why", nowMs) ?? before;
          model.isRevoked = true;
          continue;
        }
        const outcome = decideRedemption(before, { act, ...rest }, expireMs, nowMs);
        const isHeld = model.holder !== "" && nowMs < model.untilMs;
        const isExpired = expireMs !== undefined && nowMs >= expireMs;
        if (outcome.kind === "done") {
          expect(model.isRevoked || rest.isOthers || model.redeemer !== "").toBe(false);
          expect(isHeld && model.holder !== rest.orderId).toBe(false);
          expect(isExpired).toBe(false);
          before = outcome.redemption;
          if (act === "redeem" || act === "confirm") model.redeemer = rest.orderId;
          if (act === "confirm") expect(isHeld && model.holder).toBe(rest.orderId);
          if (act === "reserve") {
            expect(isHeld).toBe(false);
            model.untilMs = before.reserveUntilMs!;
            expect(model.untilMs).toBeLessThanOrEqual(nowMs + rest.ttlMs);
          }
          model.holder = act === "reserve" ? rest.orderId : "";
        } else if (outcome.kind === "replayed") {
          if (act === "release") expect(isHeld && model.holder === rest.orderId).toBe(false);
          else expect(model.redeemer === "" ? isHeld && model.holder : model.redeemer).toBe(rest.orderId);
        } else if (outcome.reason === "COUPON_RESERVED") {
          expect(outcome.retryMs).toBe(model.untilMs);
        }
        const state = couponState(before, expireMs, nowMs);
        const heldNow = model.holder !== "" && nowMs < model.untilMs;
        const expected = model.isRevoked
          ? "revoked"
          : model.redeemer !== ""
            ? "redeemed"
            : isExpired
              ? "expired"
              : heldNow
                ? "reserved"
                : "issued";
        expect(state).toBe(expected);
      }
    }),
  );
});
