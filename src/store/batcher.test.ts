import fc from "fast-check";
import { expect, test } from "vitest";
import type { Plan } from "../campaign/plan.ts";
import { Batcher, Overloaded, type Waiting } from "./batcher.ts";
import { type Group, type Outcome, type Store, StoreUnavailable } from "./store.ts";

const planOf = (campaignNo: number) => ({ campaignNo }) as Plan;
const days = [0, 1].map((no) => ({ date: `day ${no}`, startMs: no * 1000, endMs: (no + 1) * 1000 }));

/** What a take was told: an outcome with its code, or an error. */
type Told = { outcome: Outcome; code: string } | { error: unknown };

/** A take by a user, and where what it is told goes, every time. */
function waiting(plan: Plan, userId: string, told: Told[], day?: (typeof days)[number]): Waiting {
  const who = { userId, userHash: Buffer.alloc(16), addressHash: undefined };
  return {
    plan,
    day,
    take: { keys: [], choices: Uint8Array.of(0), request: undefined, who },
    settle: (outcome, code) => told.push({ outcome, code }),
    fail: (error) => told.push({ error }),
  };
}

/**
 * Answers each batch when the test says so, a take by the number in its user's name: every third one is refused, every seventh gets nothing from
 * stock.
 */
class Held implements Store {
  readonly lanes: number;
  readonly batches: { partitionNo: number; groups: Group[]; answer(): void; fail(error: unknown): void }[] =
    [];

  constructor(lanes: number) {
    this.lanes = lanes;
  }
  take(partitionNo: number, groups: Group[]): Promise<Outcome[][]> {
    return new Promise((resolve, reject) => {
      const answer = () => resolve(groups.map(({ takes }) => takes.map(({ who }) => decided(who.userId))));
      this.batches.push({ partitionNo, groups, answer, fail: reject });
    });
  }
  issued = () => Promise.resolve(new Map<number, number>());
  nowMs = () => Promise.resolve(0);
  forget = () => Promise.resolve();
  seal = () => Promise.resolve();
  ban = () => Promise.resolve();
  release = () => Promise.resolve();
}

function decided(userId: string): Outcome {
  const serial = Number(userId);
  if (serial % 3 === 0) return { kind: "refused", reason: "SOLD_OUT", today: false, nowMs: 0 };
  return { kind: "issued", serial: serialOf(serial), number: 0, timeMs: 0, replayed: false };
}

const serialOf = (number: number) => (number % 7 === 0 ? undefined : number);

const codes = ({ campaignNo }: Plan, serials: number[]) => serials.map((serial) => `${campaignNo}-${serial}`);
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("takes of one tick travel together, those that come meanwhile with the next batch", async () => {
  const store = new Held(1);
  const sizes: number[] = [];
  const batcher = new Batcher({ store, queueMax: 100, codes, onBatch: (size) => sizes.push(size) });
  const told: Told[] = [];
  const plan = planOf(1);
  for (const user of ["1", "2"]) batcher.take(0, waiting(plan, user, told));
  await settled();
  for (const user of ["3", "4", "5"]) batcher.take(0, waiting(plan, user, told));
  await settled();
  expect(sizes).toEqual([2]);
  expect(batcher.waiting).toBe(3);
  store.batches[0]!.answer();
  await settled();
  await settled();
  expect(sizes).toEqual([2, 3]);
  expect(told).toHaveLength(2);
});

test("a batch has a thousand takes at most, and partitions and lanes go side by side", async () => {
  const store = new Held(2);
  const batcher = new Batcher({ store, queueMax: 10_000, codes, onBatch: () => {} });
  const told: Told[] = [];
  const plan = planOf(1);
  for (let i = 0; i < 2_500; i++) batcher.take(0, waiting(plan, String(i), told));
  batcher.take(7, waiting(plan, "1", told));
  await settled();
  await settled();
  const sizes = store.batches.map(({ partitionNo, groups }) => [partitionNo, groups[0]!.takes.length]);
  expect(sizes).toEqual(
    expect.arrayContaining([
      [0, 1000],
      [0, 1000],
      [7, 1],
    ]),
  );
  expect(batcher.waiting).toBe(500);
});

test("past the bound a take is refused at once, and the others don't notice", async () => {
  const store = new Held(1);
  const batcher = new Batcher({ store, queueMax: 2, codes, onBatch: () => {} });
  const [first, second, third]: Told[][] = [[], [], []];
  batcher.take(0, waiting(planOf(1), "1", first!));
  batcher.take(0, waiting(planOf(1), "2", second!));
  batcher.take(0, waiting(planOf(1), "4", third!));
  expect(third).toEqual([{ error: expect.any(Overloaded) }]);
  await settled();
  store.batches[0]!.answer();
  await settled();
  expect([first, second].flat()).toEqual([
    { outcome: decided("1"), code: "1-1" },
    { outcome: decided("2"), code: "1-2" },
  ]);
});

test("a failed batch fails all of its takes, and the next one goes on its lane", async () => {
  const store = new Held(1);
  const batcher = new Batcher({ store, queueMax: 100, codes, onBatch: () => {} });
  const told: Told[] = [];
  const error = new StoreUnavailable("gone");
  for (const user of ["1", "2"]) batcher.take(0, waiting(planOf(1), user, told));
  await settled();
  batcher.take(0, waiting(planOf(1), "4", told));
  store.batches[0]!.fail(error);
  await settled();
  await settled();
  expect(told).toEqual([{ error }, { error }]);
  store.batches[1]!.answer();
  await settled();
  expect(told.at(-1)).toEqual({ outcome: decided("4"), code: "1-4" });
});

test("codes that can't be made fail the batch instead of leaving it unanswered", async () => {
  const store = new Held(1);
  const none = () => {
    throw new RangeError("no serial of the space");
  };
  const batcher = new Batcher({ store, queueMax: 100, codes: none, onBatch: () => {} });
  const told: Told[] = [];
  batcher.take(0, waiting(planOf(1), "1", told));
  await settled();
  store.batches[0]!.answer();
  await settled();
  expect(told).toEqual([{ error: expect.any(RangeError) }]);
});

test("whatever plans and days are mixed, each take is told its own outcome, once, and a group is of one plan and day", async () => {
  const plans = [0, 1, 2].map(planOf);
  const takes = fc.array(fc.record({ plan: fc.nat(2), day: fc.option(fc.nat(1)) }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(takes, async (asked) => {
      const store = new Held(1);
      const batcher = new Batcher({ store, queueMax: 100, codes, onBatch: () => {} });
      const told = asked.map((): Told[] => []);
      asked.forEach(({ plan, day }, i) => {
        // A day of its own each time: it is told by when it begins.
        const copy = day === null ? undefined : { ...days[day]! };
        batcher.take(0, waiting(plans[plan]!, String(i), told[i]!, copy));
      });
      await settled();
      for (const batch of store.batches) batch.answer();
      await settled();
      expect(told).toEqual(
        asked.map(({ plan }, i) => {
          const outcome = decided(String(i));
          const serial = outcome.kind === "issued" ? outcome.serial : undefined;
          return [{ outcome, code: serial === undefined ? "" : `${plan}-${serial}` }];
        }),
      );
      const groups = store.batches.flatMap((batch) => batch.groups);
      const kinds = groups.map(({ plan, day }) => `${plan.campaignNo} ${day?.date}`);
      expect(new Set(kinds).size).toBe(kinds.length);
      for (const { takes, plan, day } of groups) {
        const numbers = takes.map((take) => Number(take.who.userId));
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        for (const no of numbers) {
          expect(plans[asked[no]!.plan]).toBe(plan);
          expect(asked[no]!.day === null ? undefined : days[asked[no]!.day!]!.date).toBe(day?.date);
        }
      }
    }),
  );
});
