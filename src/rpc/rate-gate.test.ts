import type { DescMethod } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import { beforeEach, describe, expect, test } from "vitest";
import { type Caller, caller } from "../auth/caller.ts";
import { CouponService } from "../gen/allot/v1/coupon_pb.js";
import { ParticipantService } from "../gen/allot/v1/participant_pb.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { callerAddress } from "../server/caller.ts";
import { fault } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { type Rates, rateGate } from "./rate-gate.ts";

const { issueCoupon, issueCoupons, redeemCoupon } = CouponService.method;
const two = { perSecond: 1, burst: 2 };
const none: Rates = { ratePerKey: undefined, ratePerUser: undefined, ratePerAddress: undefined };

const shop: Caller = { role: "issuer", keyId: "shop", subject: undefined };
const till: Caller = { role: "redeemer", keyId: undefined, subject: "till" };
const user = (subject: string): Caller => ({ role: "user", keyId: undefined, subject });
const anybody: Caller = { role: "manager", keyId: undefined, subject: undefined };

let nowMs: number;
let judged: number;

beforeEach(() => {
  nowMs = 0;
  judged = 0;
});

interface Asked {
  by: Caller | Error;
  address?: string;
  method?: DescMethod;
  message?: object;
  /** A token by default, which is judged later. */
  authorization?: string;
}

/** Calls one after the other; returns "ok", a reason, or a reason and its hint. */
function gateWith(rates: Partial<Rates>) {
  let by: Caller | Error;
  const auth: Gate = ({ values, header }) => {
    judged++;
    const judge = () => {
      if (by instanceof Error) throw by;
      values.set(caller, by);
    };
    return header("authorization")?.includes("allot_") ? judge() : Promise.resolve().then(judge);
  };
  const gate = rateGate(auth, { ...none, ...rates }, () => nowMs);
  return async ({ address = "192.0.2.1", method = issueCoupon, message = {}, ...asked }: Asked) => {
    by = asked.by;
    const values = createContextValues().set(callerAddress, address);
    try {
      await gate({ method, values, header: () => asked.authorization ?? "Bearer ey" }, message);
      return "ok";
    } catch (thrown) {
      const { reason, retryMs } = thrown as { reason: string; retryMs?: number };
      return retryMs === undefined ? reason : `${reason} ${retryMs}`;
    }
  };
}

test("without limits there is nothing in front of a call but its credentials", () => {
  const auth: Gate = () => {};
  expect(rateGate(auth, none)).toBe(auth);
});

describe("a service", () => {
  test("counts by its key, or its token, wherever it calls from", async () => {
    const call = gateWith({ ratePerKey: two });
    for (const by of [shop, till]) {
      expect(await call({ by })).toBe("ok");
      expect(await call({ by, address: "192.0.2.2" })).toBe("ok");
      expect(await call({ by })).toBe("RATE_LIMITED 1000");
    }
    nowMs = 1_000;
    expect(await call({ by: shop })).toBe("ok");
  });

  test("is not held back by what others do at its address", async () => {
    const call = gateWith({ ratePerAddress: two });
    const authorization = "Bearer allot_x";
    for (let i = 0; i < 5; i++) await call({ by: user("ada") });
    expect(await call({ by: shop, authorization })).toBe("ok");
    for (let i = 0; i < 5; i++) expect(await call({ by: shop, authorization })).toBe("ok");
  });

  test("a batch counts as many times as it has requests: it passes, and the next one waits for all of them", async () => {
    const call = gateWith({ ratePerKey: two });
    const message = { requests: Array.from({ length: 10 }, () => ({ userId: "ada" })) };
    expect(await call({ by: shop, method: issueCoupons, message })).toBe("ok");
    expect(await call({ by: shop })).toBe("RATE_LIMITED 9000");
  });
});

describe("a user", () => {
  test("counts by itself, by its token or a service that asks for it", async () => {
    const call = gateWith({ ratePerUser: two });
    expect(await call({ by: user("ada") })).toBe("ok");
    expect(await call({ by: shop, message: { userId: "ada" } })).toBe("ok");
    expect(await call({ by: user("ada") })).toBe("RATE_LIMITED 1000");
    expect(await call({ by: shop, message: { userId: "ada" } })).toBe("RATE_LIMITED 1000");
    expect(await call({ by: shop, message: { userId: "ben" } })).toBe("ok");
    expect(await call({ by: user("ben") })).toBe("ok");
  });

  test("is not who its message says", async () => {
    const call = gateWith({ ratePerUser: two });
    for (let i = 0; i < 2; i++) await call({ by: user("ada"), message: { userId: "ben" } });
    expect(await call({ by: user("ben") })).toBe("ok");
    expect(await call({ by: user("ada"), message: { userId: "eve" } })).toBe("RATE_LIMITED 1000");
  });

  test("does not count where services alone may call: they ban and redeem at their own rate", async () => {
    const call = gateWith({ ratePerUser: two });
    const message = { userId: "ada" };
    for (const method of [redeemCoupon, ParticipantService.method.banParticipant])
      for (let i = 0; i < 5; i++) expect(await call({ by: shop, method, message })).toBe("ok");
  });

  test("counts by its address as well, with all that come from it", async () => {
    const call = gateWith({ ratePerAddress: two });
    expect(await call({ by: user("ada") })).toBe("ok");
    expect(await call({ by: user("ben") })).toBe("ok");
    expect(await call({ by: user("eve") })).toBe("RATE_LIMITED 1000");
    expect(await call({ by: user("eve"), address: "192.0.2.2" })).toBe("ok");
  });

  test("who is refused by one limit does not use up another", async () => {
    const call = gateWith({ ratePerUser: two, ratePerAddress: { perSecond: 1, burst: 5 } });
    for (let i = 0; i < 20; i++) await call({ by: user("ada") });
    for (let i = 0; i < 3; i++) expect(await call({ by: user(`u${i}`) })).toBe("ok");
    expect(await call({ by: user("late") })).toBe("RATE_LIMITED 1000");
  });
});

describe("everybody else", () => {
  test("counts by address on an open server, where the user asked for counts too", async () => {
    const call = gateWith({ ratePerAddress: { perSecond: 1, burst: 3 }, ratePerUser: two });
    expect(await call({ by: anybody, message: { userId: "ada" } })).toBe("ok");
    expect(await call({ by: anybody, message: { userId: "ada" } })).toBe("ok");
    expect(await call({ by: anybody, message: { userId: "ada" } })).toBe("RATE_LIMITED 1000");
    expect(await call({ by: anybody, message: { userId: "ben" } })).toBe("ok");
    expect(await call({ by: anybody, message: { userId: "eve" } })).toBe("RATE_LIMITED 1000");
  });

  test("bad credentials count, and past the rate tokens are not looked at any more", async () => {
    const call = gateWith({ ratePerAddress: two });
    const by = fault("UNAUTHENTICATED", "bad");
    expect(await call({ by })).toBe("UNAUTHENTICATED");
    expect(await call({ by, authorization: "Bearer allot_x" })).toBe("UNAUTHENTICATED");
    expect(judged).toBe(2);
    expect(await call({ by })).toBe("RATE_LIMITED 1000");
    expect(judged).toBe(2);
    // A key is looked at, but whether it was good is not told.
    expect(await call({ by, authorization: "Bearer allot_x" })).toBe("RATE_LIMITED 1000");
    expect(await call({ by, address: "192.0.2.2" })).toBe("UNAUTHENTICATED");
  });

  test("an outage is nobody's mistake", async () => {
    const call = gateWith({ ratePerAddress: two });
    const by = fault("TOKEN_KEYS_UNAVAILABLE", "away", 1_000);
    for (let i = 0; i < 5; i++) expect(await call({ by })).toBe("TOKEN_KEYS_UNAVAILABLE 1000");
  });

  test("health is for everybody, at any rate", async () => {
    const call = gateWith({ ratePerAddress: two });
    for (let i = 0; i < 5; i++) expect(await call({ by: anybody, method: Health.method.check })).toBe("ok");
    expect(judged).toBe(0);
  });
});
