import fc from "fast-check";
import { expect, test } from "vitest";
import { noPrize, ticketsNo } from "../../campaign/campaign.ts";
import { type Day, dayAfter, dayAt } from "../../campaign/day.ts";
import { anyPool, nothing, poolAt } from "../../campaign/plan.ts";
import { modelOf } from "../model.fixture.ts";
import type { Outcome } from "../store.ts";
import { type Ask, asking, brief, serialOf, users, zone } from "./asking.ts";
import type { StoreHarness } from "./harness.ts";

const instantWin = { kind: "instant-win" } as const;
const lottery = { kind: "lottery", requireEntropy: false } as const;

/** What was got, without what differs from run to run. */
const got = (outcome: Outcome) =>
  outcome.kind === "issued"
    ? { number: outcome.number, won: outcome.serial !== undefined, replayed: outcome.replayed }
    : brief(outcome);
const entry = (number: number, won: boolean, replayed = false) => ({ number, won, replayed });

/** Entries that are numbered by user and day, and what each number gets. */
export function numbersEntries(harness: () => StoreHarness): void {
  const { ask, campaign } = asking(harness);

  test("a user's entries of a day are numbered, and each number gets what was chosen for it", async () => {
    const plan = await campaign({
      mechanic: instantWin,
      prizes: [{ quota: 5 }, { quota: 5 }],
      perUserPerDay: 3,
    });
    const choices = [poolAt(1), nothing, poolAt(0)];
    const asks = (...names: string[]) => names.map((user): Ask => ({ user, choices }));
    const first = await ask(plan, asks("a", "a", "b"));
    expect(first.map(got)).toEqual([entry(1, true), entry(2, false), entry(1, true)]);
    const second = await ask(plan, asks("b", "a", "a", "b"));
    expect(second.map(got)).toEqual([entry(2, false), entry(3, true), "USER_LIMIT_REACHED", entry(3, true)]);
    expect(second[2]).toMatchObject({ today: true });
    const issued = new Map([
      [0, 2],
      [1, 2],
      [noPrize, 2],
    ]);
    expect(await harness().store.issued(0, plan.campaignNo)).toEqual(issued);
    const all = [...first, ...second].filter((outcome) => outcome.kind === "issued");
    const row = (userId: string, number: number, prizeNo: number, drawnNo?: number) => ({
      ...{ userId, number, prizeNo, drawnNo },
    });
    expect(await harness().recorded(plan)).toEqual(
      [
        row("a", 1, 1, 1),
        row("a", 2, noPrize),
        row("b", 1, 1, 1),
        row("b", 2, noPrize),
        row("a", 3, 0, 0),
        row("b", 3, 0, 0),
      ].map((one, i) => ({ ...one, serial: all[i]!.serial, timeMs: all[i]!.timeMs })),
    );
  });

  test("a prize that has run out, for good or for the day, becomes an entry without a serial", async () => {
    const plan = await campaign({
      mechanic: instantWin,
      prizes: [{ quota: 2 }, { quota: 9, dailyQuota: 1 }],
      perUserPerDay: 1,
    });
    const asks = [0, 1, 0, 1, 0].map((pool, i): Ask => ({ user: `u${i}`, choices: [poolAt(pool)] }));
    const outcomes = [...(await ask(plan, asks.slice(0, 4))), ...(await ask(plan, asks.slice(4)))];
    expect(outcomes.map(got)).toEqual([true, true, true, false, false].map((won) => entry(1, won)));
    const rows = await harness().recorded(plan);
    expect(rows.map(({ prizeNo, drawnNo }) => [prizeNo, drawnNo])).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
      [noPrize, 1],
      [noPrize, 0],
    ]);
    expect(rows.map(({ serial }) => serial)).toEqual(outcomes.map(serialOf));
  });

  test("with one a day a repeat gets the same entry, won or lost, in the same batch and later", async () => {
    const plan = await campaign({ mechanic: instantWin, prizes: [{ quota: 9 }], perUserPerDay: 1 });
    const winner: Ask = { user: "a", choices: [poolAt(0)] };
    const loser: Ask = { user: "b", choices: [nothing] };
    const [won, lost, ...same] = await ask(plan, [winner, loser, winner, loser]);
    expect([won!, lost!].map(got)).toEqual([entry(1, true), entry(1, false)]);
    // What it would get now does not matter any more.
    const later = await ask(plan, [
      { ...winner, choices: [nothing], request: "new" },
      { ...loser, choices: [poolAt(0)] },
    ]);
    for (const pair of [same, later])
      expect(pair).toEqual([won, lost].map((outcome) => ({ ...outcome, replayed: true })));
    expect(await harness().recorded(plan)).toHaveLength(2);
  });

  test("a request gets its entry again, whichever it was, also where the limit is reached", async () => {
    const plan = await campaign({ mechanic: instantWin, prizes: [{ quota: 9 }], perUserPerDay: 2 });
    const asked = (request: string): Ask => ({ user: "a", request, choices: [nothing, poolAt(0)] });
    const [one, two, oneAgain] = await ask(plan, [asked("1"), asked("2"), asked("1")]);
    expect([one!, two!].map(got)).toEqual([entry(1, false), entry(2, true)]);
    expect(oneAgain).toEqual({ ...one, replayed: true });
    const later = await ask(plan, [asked("2"), asked("1"), asked("3")]);
    expect(later.slice(0, 2)).toEqual([two, one].map((outcome) => ({ ...outcome, replayed: true })));
    expect(later.slice(2).map(got)).toEqual(["USER_LIMIT_REACHED"]);
  });

  test("other limits hold beside it", async () => {
    const plan = await campaign({
      mechanic: instantWin,
      prizes: [{ quota: 9 }],
      perUser: 3,
      perUserPerDay: 2,
      perAddress: 2,
    });
    const outcomes = await ask(
      plan,
      ["a", "b", "c", "a"].map((user) => ({ user, address: user === "a" ? "y" : "x", choices: [poolAt(0)] })),
    );
    // The second number was to get nothing.
    expect(outcomes.map(got)).toEqual([entry(1, true), entry(1, true), entry(1, true), entry(2, false)]);
    const more = await ask(plan, [
      { user: "d", address: "x" },
      { user: "a", address: "z" },
    ]);
    expect(more.map(got)).toEqual(["ADDRESS_LIMIT_REACHED", "USER_LIMIT_REACHED"]);
  });

  test("a lottery has no stock: every ballot is an entry", async () => {
    const plan = await campaign({ mechanic: lottery, prizes: [], perUserPerDay: 2 });
    const outcomes = await ask(plan, [
      { user: "a", choices: [nothing, nothing] },
      ...users(3),
      { user: "a" },
    ]);
    expect(outcomes.map(got)).toEqual([1, 1, 1, 1, 2].map((number) => entry(number, false)));
    expect(await harness().store.issued(0, plan.campaignNo)).toEqual(new Map([[noPrize, 5]]));
    const rows = await harness().recorded(plan);
    expect(rows.map(({ userId, number }) => [userId, number])).toEqual([
      ["a", 1],
      ["u0", 1],
      ["u1", 1],
      ["u2", 1],
      ["a", 2],
    ]);
    for (const { prizeNo, drawnNo, serial } of rows)
      expect([prizeNo, drawnNo, serial]).toEqual([noPrize, undefined, undefined]);
  });

  test("a raffle's tickets are stock like any other", async () => {
    const mechanic = { kind: "raffle", tickets: 3, autoDraw: false, requireEntropy: false } as const;
    const plan = await campaign({ mechanic, prizes: [], perUser: 1 });
    const outcomes = await ask(plan, [...users(3), ...users(1), { user: "late" }]);
    expect(outcomes.map(brief)).toEqual(["issued", "issued", "issued", "again", "SOLD_OUT"]);
    expect(new Set(outcomes.slice(0, 3).map(serialOf)).size).toBe(3);
    expect(await harness().store.issued(0, plan.campaignNo)).toEqual(new Map([[ticketsNo, 3]]));
    const rows = await harness().recorded(plan);
    expect(rows.map(({ number, drawnNo }) => [number, drawnNo])).toEqual(Array(3).fill([0, undefined]));
  });

  test("a full batch in which winners and losers are mixed", async () => {
    const quotas = [400, 100];
    const plan = await campaign({
      mechanic: instantWin,
      prizes: quotas.map((quota) => ({ quota })),
      perUserPerDay: 1,
    });
    const choiceOf = (i: number) => [nothing, poolAt(0), poolAt(0), nothing, poolAt(1)][i % 5]!;
    const asks = users(1_000).map((one, i): Ask => ({ ...one, request: "r", choices: [choiceOf(i)] }));
    const outcomes = await ask(plan, asks);
    expect(outcomes.map(brief)).toEqual(Array(1_000).fill("issued"));
    const rows = await harness().recorded(plan);
    expect(rows.map(({ userId, serial }) => [userId, serial])).toEqual(
      asks.map(({ user }, i) => [user, serialOf(outcomes[i])]),
    );
    const wins = Map.groupBy(rows, ({ prizeNo }) => prizeNo);
    expect(wins.get(0)!.map(({ drawnNo }) => drawnNo)).toEqual(Array(400).fill(0));
    const lostTo1 = wins.get(noPrize)!.filter(({ drawnNo }) => drawnNo === 1);
    expect([wins.get(1)!.length, lostTo1.length]).toEqual([100, 100]);
    expect(new Set(rows.map(({ serial }) => serial)).size).toBe(501);
    const again = await ask(plan, asks);
    expect(again).toEqual(outcomes.map((outcome) => ({ ...outcome, replayed: true })));
  });

  test("agrees with a plain model over any sequence of batches", async () => {
    const aChoice = fc.constantFrom(anyPool, nothing, poolAt(0), poolAt(1));
    const anAsk = fc.record({
      user: fc.constantFrom("a", "b", "c"),
      address: fc.constantFrom("x", "y"),
      request: fc.option(fc.constantFrom("1", "2"), { nil: undefined }),
    });
    const aSetup = fc.record({
      quotas: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      perUser: fc.integer({ min: 0, max: 4 }),
      perUserPerDay: fc.integer({ min: 1, max: 3 }),
      perAddress: fc.integer({ min: 0, max: 6 }),
      choices: fc.tuple(aChoice, aChoice, aChoice),
    });
    const batches = fc.array(fc.array(anAsk, { minLength: 1, maxLength: 6 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(aSetup, batches, async ({ quotas, choices, ...limits }, all) => {
        const prizes = quotas.map((quota) => ({ quota }));
        const plan = await campaign({ mechanic: instantWin, prizes, ...limits });
        const model = modelOf(quotas, limits, "numbered");
        for (const batch of all) {
          const outcomes = await ask(
            plan,
            batch.map((one) => ({ ...one, choices })),
          );
          const expected = batch.map((one) => model({ ...one, choices }));
          expect(outcomes.map(brief)).toEqual(expected.map(({ says }) => says));
          outcomes.forEach((outcome, i) => {
            const { coupon } = expected[i]!;
            if (!coupon) return;
            coupon.serial ??= serialOf(outcome);
            expect(outcome).toMatchObject({ number: coupon.number, serial: coupon.serial });
            expect(coupon.serial !== undefined).toBe(coupon.prizeNo !== noPrize);
          });
        }
        const rows = await harness().recorded(plan);
        expect(rows.map(({ prizeNo, number, serial }) => ({ prizeNo, number, serial }))).toEqual(
          model.coupons.map(({ prizeNo, number, serial }) => ({ prizeNo, number, serial })),
        );
        const serials = rows.map(({ serial }) => serial).filter((serial) => serial !== undefined);
        expect(new Set(serials).size).toBe(serials.length);
      }),
      { numRuns: 60 },
    );
  });
}

/** Moves the clock on, beyond `fromMs`, and leaves it there. */
export function numbersDayByDay(harness: () => StoreHarness, fromMs: number): void {
  const { ask } = asking(harness);

  test("numbers begin again with the day", async () => {
    const one: Day = dayAfter(zone, dayAt(zone, fromMs));
    const two = dayAfter(zone, one);
    const plan = await harness().campaign({
      mechanic: instantWin,
      prizes: [{ quota: 9 }],
      perUserPerDay: 2,
      endMs: two.endMs,
      timeZone: zone,
    });
    const asks: Ask[] = Array(3).fill({ user: "a", choices: [nothing, poolAt(0)] });
    const outcomes = [entry(1, false), entry(2, true), "USER_LIMIT_REACHED"];
    await harness().moveClock(one.startMs);
    expect((await ask(plan, asks, one)).map(got)).toEqual(outcomes);
    await harness().moveClock(two.startMs);
    expect((await ask(plan, asks, two)).map(got)).toEqual(outcomes);
  });

  test("a sealed day stays so whatever the clock says, and the next one is open", async () => {
    const before = dayAt(zone, await harness().store.nowMs(0));
    const after = dayAfter(zone, before);
    const plan = await harness().campaign({
      mechanic: lottery,
      prizes: [],
      perUserPerDay: 1,
      endMs: after.endMs,
      timeZone: zone,
    });
    expect((await ask(plan, users(1), before)).map(brief)).toEqual(["issued"]);
    await harness().store.seal(0, plan.campaignNo, after.startMs);
    expect((await ask(plan, users(2), before)).map(brief)).toEqual(["again", "ROUND_SEALED"]);
    await harness().moveClock(after.startMs);
    expect((await ask(plan, users(2), after)).map(brief)).toEqual(["issued", "issued"]);
  });
}
