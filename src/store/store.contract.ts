import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Day, dayAt } from "../campaign/day.ts";
import { asking, brief, serialOf, take, today, users, zone } from "./contract/asking.ts";
import { bansUsers } from "./contract/bans.ts";
import { numbersDayByDay, numbersEntries } from "./contract/draws.ts";
import type { StoreHarness } from "./contract/harness.ts";
import { releasesEntries } from "./contract/releases.ts";
import { sealsDays } from "./contract/seals.ts";
import { modelOf } from "./model.fixture.ts";
import type { Group, Outcome, Store } from "./store.ts";

export type { CampaignSetup, StoreHarness } from "./contract/harness.ts";

/** The store's contract, run against every implementation. */
export function describeStore(name: string, open: () => Promise<StoreHarness>): void {
  describe(`store contract: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    beforeAll(async () => {
      harness = await open();
      store = harness.store;
    });
    afterAll(() => harness.close());

    const { ask, campaign } = asking(() => harness);

    test("issues exactly the quota, each serial once, then is sold out", async () => {
      const plan = await campaign({ prizes: [{ quota: 3 }] });
      const outcomes = [...(await ask(plan, users(2))), ...(await ask(plan, users(3)))];
      expect(outcomes.map(brief)).toEqual(["issued", "issued", "issued", "SOLD_OUT", "SOLD_OUT"]);
      expect(new Set(outcomes.slice(0, 3).map(serialOf)).size).toBe(3);
      expect(await store.issued(0, plan.campaignNo)).toEqual(new Map([[0, 3]]));
    });

    test("many batches at once still issue exactly the quota", async () => {
      const plan = await campaign({ prizes: [{ quota: 50 }] });
      const all: Outcome[] = [];
      for (let round = 0; round < 20; round++) {
        const batches = Array.from({ length: store.lanes }, () => ask(plan, users(4)));
        all.push(...(await Promise.all(batches)).flat());
      }
      const serials = all.map(serialOf).filter((serial) => serial !== undefined);
      expect(serials).toHaveLength(50);
      expect(new Set(serials).size).toBe(50);
    });

    test("with limit one a repeat gets the same coupon, in the same batch and later", async () => {
      const plan = await campaign({ prizes: [{ quota: 9 }], perUser: 1 });
      const [first, second] = await ask(plan, [{ user: "a" }, { user: "a" }]);
      const [third] = await ask(plan, [{ user: "a", request: "new" }]);
      expect([first, second, third].map((outcome) => brief(outcome!))).toEqual(["issued", "again", "again"]);
      expect(second).toEqual({ ...first, replayed: true });
      expect(third).toEqual({ ...first, replayed: true });
      expect(await store.issued(0, plan.campaignNo)).toEqual(new Map([[0, 1]]));
    });

    test("a higher limit is reached exactly", async () => {
      const plan = await campaign({ prizes: [{ quota: 9 }], perUser: 3 });
      const outcomes = [
        ...(await ask(plan, [{ user: "a" }, { user: "a" }])),
        ...(await ask(plan, [{ user: "a" }, { user: "a" }, { user: "b" }])),
      ];
      expect(outcomes.map(brief)).toEqual(["issued", "issued", "issued", "USER_LIMIT_REACHED", "issued"]);
    });

    test("the same request gets the same coupon; with other fields it is refused as reused", async () => {
      const plan = await campaign({ prizes: [{ quota: 9 }, { quota: 9 }] });
      const [first, again] = await ask(plan, [
        { user: "a", request: "1" },
        { user: "a", request: "1" },
      ]);
      const later = await ask(plan, [
        { user: "a", request: "1" },
        { user: "a", request: "1", pool: 1 },
        { user: "b", request: "1" },
        { user: "a", request: "2" },
        { request: "1" },
      ]);
      expect(again).toEqual({ ...first, replayed: true });
      expect(later[0]).toEqual({ ...first, replayed: true });
      expect(later.map(brief)).toEqual(["again", "reused", "issued", "issued", "issued"]);
    });

    test("replays are answered before window, pause and stock are looked at; refusals are not remembered", async () => {
      const plan = await campaign({ prizes: [{ quota: 1 }], perUser: 1 });
      const [first] = await ask(plan, [{ user: "a", request: "1" }]);
      expect((await ask(plan, [{ user: "b", request: "x" }])).map(brief)).toEqual(["SOLD_OUT"]);
      for (const change of [
        { closed: "PAUSED" as const },
        { closed: "ENDED" as const },
        { endMs: Date.now() - 1 },
        { startMs: Date.now() + 1e6 },
      ]) {
        const [byRequest, byUser, other] = await ask({ ...plan, ...change }, [
          { user: "a", request: "1" },
          { user: "a" },
          { user: "c", request: "y" },
        ]);
        expect(byRequest).toEqual({ ...first, replayed: true });
        expect(byUser).toEqual({ ...first, replayed: true });
        expect(brief(other!)).toBe(change.closed ?? (change.endMs ? "ENDED" : "NOT_STARTED"));
      }
    });

    test("a refusal spends nothing: the same user and request may succeed later", async () => {
      const plan = await campaign({ prizes: [{ quota: 5 }], perUser: 1 });
      const asked = { user: "a", request: "1" };
      expect((await ask({ ...plan, closed: "PAUSED" }, [asked])).map(brief)).toEqual(["PAUSED"]);
      expect((await ask(plan, [asked])).map(brief)).toEqual(["issued"]);
    });

    test("limits per address and per user and day", async () => {
      const plan = await campaign({ prizes: [{ quota: 20 }], perAddress: 2, perUserPerDay: 2 });
      const outcomes = await ask(plan, [
        { user: "a", address: "1" },
        { user: "b", address: "1" },
        { user: "c", address: "1" },
        { user: "a", address: "2" },
        { user: "a", address: "3" },
        { user: "c", address: "3" },
      ]);
      expect(outcomes.map(brief)).toEqual([
        "issued",
        "issued",
        "ADDRESS_LIMIT_REACHED",
        "issued",
        "USER_LIMIT_REACHED",
        "issued",
      ]);
      // What was refused by one rule did not count for the other.
      expect((await ask(plan, [{ user: "c", address: "4" }])).map(brief)).toEqual(["issued"]);
      expect((await ask(plan, [{ user: "c", address: "5" }])).map(brief)).toEqual(["USER_LIMIT_REACHED"]);
    });

    test("the first listed prize with stock, or the one asked for", async () => {
      const plan = await campaign({ prizes: [{ quota: 1 }, { quota: 2 }] });
      const outcomes = await ask(plan, [
        { user: "a", pool: 1 },
        { user: "b" },
        { user: "c" },
        { user: "d", pool: 0 },
        { user: "e" },
      ]);
      expect(outcomes.map(brief)).toEqual(["issued", "issued", "issued", "SOLD_OUT", "SOLD_OUT"]);
      expect(await store.issued(0, plan.campaignNo)).toEqual(
        new Map([
          [0, 1],
          [1, 2],
        ]),
      );
    });

    test("a daily quota ends the day, not the campaign", async () => {
      const plan = await campaign({ prizes: [{ quota: 5, dailyQuota: 2 }] });
      expect((await ask(plan, users(3))).map(brief)).toEqual(["issued", "issued", "DAILY_QUOTA_REACHED"]);
    });

    test("a batch compiled for another day changes nothing and says which time it is", async () => {
      const plan = await campaign({ prizes: [{ quota: 5, dailyQuota: 2 }] });
      const yesterday = dayAt(zone, today().startMs - 1);
      const [outcome] = await ask(plan, [{ user: "a" }], yesterday);
      expect(outcome?.kind).toBe("other-day");
      expect(outcome?.kind === "other-day" && outcome.nowMs).toBeGreaterThanOrEqual(today().startMs);
      expect((await ask(plan, users(3))).filter((one) => one.kind === "issued")).toHaveLength(2);
    });

    test("a revision in force makes older ones stale", async () => {
      const plan = await campaign({ prizes: [{ quota: 5 }] });
      await harness.revise(plan);
      expect((await ask(plan, [{ user: "a" }])).map(brief)).toEqual(["stale"]);
      expect((await ask({ ...plan, revision: 2 }, [{ user: "a" }])).map(brief)).toEqual(["issued"]);
    });

    test("several campaigns in one batch are answered in order", async () => {
      const plans = [
        await campaign({ prizes: [{ quota: 1 }] }),
        await campaign({ prizes: [{ quota: 2 }], perUser: 1 }),
      ];
      const groups: Group[] = plans.map((plan) => ({
        plan,
        day: undefined,
        takes: [{ user: "a" }, { user: "b" }, { user: "a" }].map((one) => take(plan, one)),
      }));
      const outcomes = await store.take(0, groups);
      expect(outcomes.map((group) => group.map(brief))).toEqual([
        ["issued", "SOLD_OUT", "SOLD_OUT"],
        ["issued", "issued", "again"],
      ]);
    });

    test("two groups of one campaign in a batch count as one after the other", async () => {
      const plan = await campaign({ prizes: [{ quota: 4 }], perUser: 2 });
      const group = (...named: string[]): Group => ({
        // Compiled twice, as where a server has read the campaign again.
        plan: { ...plan },
        day: undefined,
        takes: named.map((user) => take(plan, { user })),
      });
      const outcomes = await store.take(0, [group("a", "a"), group("a", "b"), group("c", "d")]);
      expect(outcomes.map((some) => some.map(brief))).toEqual([
        ["issued", "issued"],
        ["USER_LIMIT_REACHED", "issued"],
        ["issued", "SOLD_OUT"],
      ]);
      const serials = outcomes.flat().map(serialOf);
      expect(new Set(serials.filter((serial) => serial !== undefined)).size).toBe(4);
      expect(await store.issued(0, plan.campaignNo)).toEqual(new Map([[0, 4]]));
    });

    test("a full batch of 1,000 takes", async () => {
      const plan = await campaign({ prizes: [{ quota: 1000 }], perUser: 1, perAddress: 2 });
      const asks = users(1000).map((one) => ({ ...one, request: "r", address: one.user }));
      expect(new Set((await ask(plan, asks)).map(brief))).toEqual(new Set(["issued"]));
      expect(new Set((await ask(plan, asks)).map(brief))).toEqual(new Set(["again"]));
    });

    test("its clock does not run backwards", async () => {
      const before = await store.nowMs(0);
      expect(Math.abs(before - Date.now())).toBeLessThan(60_000);
      expect(await store.nowMs(0)).toBeGreaterThanOrEqual(before);
    });

    test("forgets one campaign and no other", async () => {
      const [gone, kept] = [
        await campaign({ prizes: [{ quota: 5 }], perUser: 1 }),
        await campaign({ prizes: [{ quota: 5 }], perUser: 1 }),
      ];
      await ask(gone, users(2));
      await ask(kept, users(2));
      await store.forget(0, gone.campaignNo);
      expect((await ask(gone, users(2))).map(brief)).not.toContain("again");
      expect((await ask(kept, users(2))).map(brief)).toEqual(["again", "again"]);
    });

    test("agrees with a plain model over any sequence of batches", async () => {
      const anAsk = fc.record({
        user: fc.constantFrom("a", "b", "c", "d"),
        address: fc.constantFrom("x", "y"),
        request: fc.option(fc.constantFrom("1", "2"), { nil: undefined }),
        pool: fc.option(fc.constantFrom(0, 1), { nil: undefined }),
      });
      const aSetup = fc.record({
        quotas: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
        perUser: fc.integer({ min: 0, max: 3 }),
        perUserPerDay: fc.integer({ min: 0, max: 3 }),
        perAddress: fc.integer({ min: 0, max: 4 }),
      });
      await fc.assert(
        fc.asyncProperty(
          aSetup,
          fc.array(fc.array(anAsk, { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
          async (setup, batches) => {
            const { quotas, ...limits } = setup;
            const plan = await campaign({ prizes: quotas.map((quota) => ({ quota })), ...limits });
            const model = modelOf(quotas, limits);
            for (const batch of batches) {
              const outcomes = await ask(plan, batch);
              const expected = batch.map((one) => model(one));
              expect(outcomes.map(brief)).toEqual(expected.map((one) => one.says));
              // The same coupon again is the same serial, and no other take has it.
              outcomes.forEach((outcome, i) => {
                const { coupon } = expected[i]!;
                if (!coupon) return;
                coupon.serial ??= serialOf(outcome);
                expect(serialOf(outcome)).toBe(coupon.serial);
              });
            }
            expect(model.serials().size).toBe(model.coupons.length);
          },
        ),
        { numRuns: 60 },
      );
    });

    describe("numbered entries", () => numbersEntries(() => harness));
    describe("bans", () => bansUsers(() => harness));
    describe("seals", () => sealsDays(() => harness));
    describe("releases", () => releasesEntries(() => harness));

    // From here on the clock stays where it is put.
    test("days change at the zone's midnight, also where summer time begins", async () => {
      const timeZone = "Europe/Berlin";
      const [saturday, sunday, monday] = ["2037-03-28", "2037-03-29", "2037-03-30"].map((date) =>
        dayAt(timeZone, Date.parse(`${date}T12:00:00Z`)),
      ) as [Day, Day, Day];
      expect(sunday.endMs - sunday.startMs).toBe(23 * 3_600_000);
      const plan = await harness.campaign({
        prizes: [{ quota: 5, dailyQuota: 2 }],
        perUserPerDay: 1,
        endMs: monday.endMs,
        timeZone,
        days: [saturday, sunday, monday].map((day) => day.date),
      });
      await harness.moveClock(saturday.endMs - 60_000);
      expect((await ask(plan, users(1), saturday)).map(brief)).toEqual(["issued"]);
      expect((await ask(plan, users(1), saturday)).map(brief)).toEqual(["USER_LIMIT_REACHED"]);
      expect((await ask(plan, users(1), sunday)).map(brief)).toEqual(["other-day"]);
      await harness.moveClock(sunday.startMs);
      expect((await ask(plan, users(1), saturday)).map(brief)).toEqual(["other-day"]);
      expect((await ask(plan, users(3), sunday)).map(brief)).toEqual([
        "issued",
        "issued",
        "DAILY_QUOTA_REACHED",
      ]);
      await harness.moveClock(sunday.endMs - 60_000);
      expect((await ask(plan, [{ user: "x" }], sunday)).map(brief)).toEqual(["DAILY_QUOTA_REACHED"]);
      await harness.moveClock(monday.startMs);
      expect((await ask(plan, users(3), monday)).map(brief).slice(0, 2)).toEqual(["issued", "issued"]);
      await harness.moveClock(monday.endMs);
      expect((await ask(plan, [{ user: "y" }], dayAt(timeZone, monday.endMs))).map(brief)).toEqual(["ENDED"]);
      expect(await store.nowMs(0)).toBeGreaterThanOrEqual(monday.endMs);
    });

    describe("numbered entries, day by day", () =>
      numbersDayByDay(() => harness, Date.parse("2037-04-01T12:00:00Z")));
  });
}
