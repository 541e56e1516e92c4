import { expect, test } from "vitest";
import { dayAfter, dayAt, dayOf } from "../campaign/day.ts";
import { issuing } from "./issuing.fixture.ts";

const timeZone = "Asia/Seoul";
const mechanic = { kind: "lottery", requireEntropy: false } as const;

/** A lottery with so many ballots a day, whose store's clock the test moves. */
async function lottery(perUserPerDay: number) {
  const all = await issuing();
  const drawSecret = {
    wrapped: all.secrets.wrap("draw", Buffer.alloc(32)),
    commitment: Buffer.alloc(32),
    revealed: false,
  };
  const limits = { perUser: 0, perUserPerDay, perAddress: 0 };
  const campaign = await all.create({ quota: 1 }, { mechanic, drawSecret, limits });
  const today = dayAt(timeZone, Date.now());
  return { ...all, campaign, submit: all.server(), today, tomorrow: dayAfter(timeZone, today) };
}

const ballot = (number: number, replayed = false) => ({
  kind: "entry",
  number,
  issueMs: expect.any(Number),
  replayed,
});
const sealed = { kind: "refusal", reason: "ROUND_SEALED", retryMs: undefined };

test("a ballot for the day that it is counts, and is the same when it is asked for again", async () => {
  const { submit, today } = await lottery(2);
  const first = await submit("ada", { day: today, requestId: "r" });
  expect(first).toEqual(ballot(1));
  expect(await submit("ada", { day: today, requestId: "r" })).toEqual({ ...first, replayed: true });
  expect(await submit("ada", { day: today })).toEqual(ballot(2));
  // Another day would not help it.
  const enough = { kind: "refusal", reason: "USER_LIMIT_REACHED", retryMs: undefined };
  expect(await submit("ada", { day: today })).toEqual(enough);
});

test("the last millisecond of a day is the day's, by the store's clock; then it is over", async () => {
  const { submit, clock, today, tomorrow } = await lottery(10);
  clock.nowMs = () => today.endMs - 1;
  expect(await submit("ada", { day: today })).toEqual({ ...ballot(1), issueMs: today.endMs - 1 });
  expect(await submit("ada", { day: tomorrow })).toEqual({
    ...{ kind: "refusal", reason: "NOT_STARTED" },
    retryMs: tomorrow.startMs,
  });
  clock.nowMs = () => today.endMs;
  expect(await submit("ada", { day: today })).toEqual(sealed);
  expect(await submit("ada", { day: today, requestId: "late" })).toEqual(sealed);
  // Without a day it is for the one that has begun, where it is the first.
  expect(await submit("ada")).toEqual({ ...ballot(1), issueMs: tomorrow.startMs });
  expect(await submit("ada", { day: tomorrow })).toEqual(ballot(2));
});

test("a request for a day that is over gets what it got then, and never anything new", async () => {
  const { submit, clock, ledger, campaign, today } = await lottery(2);
  const before = await submit("ada", { day: today, requestId: "r" });
  clock.nowMs = () => today.endMs;
  await submit("ada");
  expect(await submit("ada", { day: today, requestId: "r" })).toEqual({ ...before, replayed: true });
  expect(await submit("ada", { day: today, requestId: "other" })).toEqual(sealed);
  expect(await submit("grace", { day: today, requestId: "r" })).toEqual(sealed);
  expect(await submit("ada", { requestId: "r" })).toEqual({ kind: "reused" });
  expect(await ledger.entriesOf(campaign.no, {}, undefined, 10)).toHaveLength(2);
});

test("nor what the user got on the day that it is", async () => {
  const { submit, clock, today } = await lottery(1);
  clock.nowMs = () => today.endMs;
  await submit("ada");
  expect(await submit("ada", { day: today, requestId: "r" })).toEqual(sealed);
});

test("repeats for a day long over are answered by the ledger when the store has forgotten the campaign", async () => {
  const { submit, server, clock, change, store, campaign, today } = await lottery(2);
  const before = await submit("ada", { day: today, requestId: "r" });
  clock.nowMs = () => today.endMs;
  await change({ endedMs: Date.now() });
  await change({ retired: true });
  await store.forget(0, campaign.no);
  const later = server();
  expect(await later("ada", { day: today, requestId: "r" })).toEqual({ ...before, replayed: true });
  expect(await later("ada", { day: today, requestId: "other" })).toEqual(sealed);
});

test("a day that the campaign is read anew for stays the one that was named", async () => {
  const { submit, change, clock, today, tomorrow } = await lottery(2);
  await submit("ada");
  await change({ name: "another" });
  clock.nowMs = () => today.endMs;
  expect(await submit("ada", { day: today, requestId: "r" })).toEqual(sealed);
  await change({ name: "yet another" });
  expect(await submit("ada", { day: dayOf(timeZone, tomorrow.date) })).toEqual(ballot(1));
});
