import { expect, test } from "vitest";
import { dayAfter, dayAt } from "../campaign/day.ts";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { StoreUnavailable } from "../store/store.ts";
import { issuing } from "./issuing.fixture.ts";

const timeZone = "Asia/Seoul";

const coupon = (prizeId: string, replayed = false) =>
  expect.objectContaining({ kind: "coupon", prizeId, replayed });

test("a campaign that changed since it was read is read again", async () => {
  const { server, create, change } = await issuing();
  await create({ quota: 10 });
  const issue = server();
  expect(await issue("ada")).toEqual(coupon("a"));
  await change({ paused: true });
  expect(await issue("grace")).toEqual({ kind: "refusal", reason: "PAUSED", retryMs: undefined });
  // A limit that the requests were not counted by until now.
  await change({ paused: false, limits: { perUser: 1, perUserPerDay: 0, perAddress: 1 } });
  expect(await issue("grace")).toEqual(coupon("a"));
  const enough = { kind: "refusal", reason: "ADDRESS_LIMIT_REACHED", retryMs: undefined };
  expect(await issue("linus")).toEqual(enough);
  await change({ deletedMs: Date.now() });
  expect(await issue("grace")).toEqual({ kind: "not-found" });
});

test("when the store's day is another one, its counts are", async () => {
  const { server, create, clock } = await issuing();
  await create({ quota: 10, dailyQuota: 1 });
  const issue = server();
  const today = dayAt(timeZone, Date.now());
  expect(await issue("u1", { prizeId: "a" })).toEqual(coupon("a"));
  const enough = { kind: "refusal", reason: "DAILY_QUOTA_REACHED" };
  expect(await issue("u2", { prizeId: "a" })).toEqual({ ...enough, retryMs: today.endMs });
  clock.nowMs = () => today.endMs;
  expect(await issue("u2", { prizeId: "a" })).toEqual(coupon("a"));
  const tomorrow = dayAfter(timeZone, today);
  expect(await issue("u3", { prizeId: "a" })).toEqual({ ...enough, retryMs: tomorrow.endMs });
});

test("repeats of an ended campaign that the store has forgotten are answered by the ledger", async () => {
  const { server, create, change, store } = await issuing();
  const campaign = await create({ quota: 10 });
  const before = await server()("ada", { requestId: "r" });
  expect(before).toEqual(coupon("a"));
  const again = { ...before, replayed: true };
  await change({ endedMs: Date.now() });
  expect(await server()("ada", { requestId: "r" })).toEqual(again);
  await change({ retired: true });
  await store.forget(0, campaign.no);
  const issue = server();
  expect(await issue("ada", { requestId: "r" })).toEqual(again);
  expect(await issue("ada", { requestId: "other" })).toEqual(again);
  expect(await issue("ada", { requestId: "r", prizeId: "b" })).toEqual({ kind: "reused" });
  const ended = { kind: "refusal", reason: "ENDED", retryMs: undefined };
  expect(await issue("grace", { requestId: "r" })).toEqual(ended);
});

test("a prize without a quota goes on when the serials that were reserved for it are used up", async () => {
  const { server, create } = await issuing();
  const campaign = await create({}, { limits: { perUser: 0, perUserPerDay: 0, perAddress: 0 } });
  const reserved = campaign.prizes[0]!.ranges.reduce((sum, { size }) => sum + size, 0);
  const issue = server();
  const some = await Promise.all(
    Array.from({ length: reserved + 10 }, (_, i) => issue(`user-${i}`, { prizeId: "a" })),
  );
  expect(new Set(some.map((one) => one.kind === "coupon" && one.code)).size).toBe(reserved + 10);
  expect(some.every((one) => one.kind === "coupon" && one.prizeId === "a")).toBe(true);
});

test.each([
  ["can't be filled", async () => Promise.reject(new LedgerUnavailable("away")), LedgerUnavailable],
  ["stays dry", async () => {}, StoreUnavailable],
])("a dry pool that %s is an outage, told once", async (_, fill, outage) => {
  const { server, create } = await issuing(fill);
  const campaign = await create({}, { limits: { perUser: 0, perUserPerDay: 0, perAddress: 0 } });
  const reserved = campaign.prizes[0]!.ranges.reduce((sum, { size }) => sum + size, 0);
  const issue = server();
  const results = await Promise.allSettled(
    Array.from({ length: reserved + 1 }, (_, i) => issue(`user-${i}`, { prizeId: "a" })),
  );
  const failed = results.filter(({ status }) => status === "rejected");
  expect(failed).toEqual([{ status: "rejected", reason: expect.any(outage) }]);
});
