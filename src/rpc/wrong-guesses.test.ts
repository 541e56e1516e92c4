import { createContextValues } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { type Caller, caller } from "../auth/caller.ts";
import { callerAddress } from "../server/caller.ts";
import { Fault, fault } from "./errors.ts";
import { WrongGuesses } from "./wrong-guesses.ts";

const contextOf = (by: Partial<Caller>, address = "203.0.113.1") => ({
  values: createContextValues()
    .set(caller, { role: "redeemer", keyId: undefined, subject: undefined, ...by })
    .set(callerAddress, address),
});
const key = contextOf({ keyId: "k1" });
const user = contextOf({ role: "user", subject: "ann" });

function setUp(perMinute: number) {
  const clock = { nowMs: 1_000_000 };
  const guesses = new WrongGuesses(perMinute, () => clock.nowMs);
  const guess = (context: typeof key, code: string | Promise<string>, userId = "") =>
    guesses
      .guard(
        context,
        async () => ((await code) === "right" ? "found" : undefined),
        () => fault("COUPON_NOT_FOUND", "none"),
        userId,
      )
      .catch((error) => {
        if (!(error instanceof Fault)) throw error;
        return error.reason === "RATE_LIMITED" ? `wait ${error.retryMs}` : error.reason;
      });
  const wrong = async (context: typeof key, times: number, userId = "") => {
    const answers: string[] = [];
    for (let i = 0; i < times; i++) answers.push(await guess(context, "wrong", userId));
    return answers.filter((answer) => answer === "COUPON_NOT_FOUND").length;
  };
  return { clock, guess, wrong };
}

test("who is wrong too often has to wait, also with a right code, and is forgiven one by one", async () => {
  const { clock, guess, wrong } = setUp(6);
  expect(await wrong(user, 5)).toBe(5);
  for (let i = 0; i < 100; i++) expect(await guess(user, "right")).toBe("found");
  expect(await wrong(user, 3)).toBe(1);
  expect(await guess(user, "right")).toBe("wait 10000");
  clock.nowMs += 9_000;
  expect(await guess(user, "right")).toBe("wait 1000");
  clock.nowMs += 1_000;
  expect(await guess(user, "right")).toBe("found");
  expect(await wrong(user, 3)).toBe(1);
  clock.nowMs += 60_000;
  expect(await wrong(user, 9)).toBe(6);
});

test("each is counted alone: users, addresses, API keys and services' tokens, these ten times as patiently", async () => {
  const { wrong } = setUp(3);
  expect(await wrong(user, 9)).toBe(3);
  expect(await wrong(contextOf({ role: "user", subject: "bob" }), 9)).toBe(3);
  expect(await wrong(contextOf({ role: "manager" }), 9)).toBe(3);
  expect(await wrong(contextOf({ role: "manager" }, "203.0.113.2"), 9)).toBe(3);
  expect(await wrong(key, 99)).toBe(30);
  expect(await wrong(contextOf({ keyId: "k2" }), 99)).toBe(30);
  expect(await wrong(contextOf({ subject: "svc" }), 99)).toBe(30);
});

test("a user that a service asks for is stopped before the service is", async () => {
  const { guess, wrong } = setUp(4);
  expect(await wrong(key, 99, "eve")).toBe(4);
  expect(await guess(key, "right", "eve")).toMatch("wait");
  expect(await guess(key, "right", "ann")).toBe("found");
  expect(await guess(key, "right")).toBe("found");
  // Those who are stopped cost the service nothing more.
  expect(await wrong(key, 99)).toBe(36);
  expect(await guess(key, "right", "ann")).toMatch("wait");
});

test("a thousand guesses at once are a thousand", async () => {
  const { guess } = setUp(5);
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => guess(user, "wrong")));
  expect(answers.filter((answer) => answer === "COUPON_NOT_FOUND")).toHaveLength(5);
  expect(answers.filter((answer) => answer.startsWith("wait"))).toHaveLength(995);
});

test("a thousand right ones at once are all found", async () => {
  const { guess } = setUp(5);
  const held = Promise.withResolvers<string>();
  const first = Array.from({ length: 5 }, () => guess(user, held.promise));
  const rest = Array.from({ length: 995 }, () => guess(user, "right"));
  held.resolve("right");
  expect(new Set(await Promise.all([...first, ...rest]))).toEqual(new Set(["found"]));
  // Nothing is left under way.
  expect(await guess(user, "right")).toBe("found");
});

test("a look-up that fails was no guess", async () => {
  const { guess, wrong } = setUp(2);
  for (let i = 0; i < 9; i++) {
    await expect(guess(user, Promise.reject(new Error("no ledger")))).rejects.toThrow("no ledger");
  }
  expect(await wrong(user, 5)).toBe(2);
});
