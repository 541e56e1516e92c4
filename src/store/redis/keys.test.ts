import fc from "fast-check";
import { expect, test } from "vitest";
import { partitionKeys } from "./keys.ts";
import { slotOf, slots } from "./slot-ranges.ts";

test("slots are Redis Cluster's", () => {
  // The check value of the specification's appendix, and CLUSTER KEYSLOT's answers.
  expect(slotOf("123456789")).toBe(0x31c3 % slots);
  expect([slotOf("foo"), slotOf("somekey"), slotOf("")]).toEqual([12182, 11058, 0]);
});

test("all keys of a partition share the tag whose slot it names", () => {
  const { slot, ...keys } = partitionKeys(5, 16);
  const all = [
    keys.fence,
    keys.outbox,
    keys.lane("x"),
    keys.bans,
    keys.stock(1),
    keys.requests(1),
    keys.rule(1, "user", ""),
    keys.released(1),
  ];
  const tags = all.map((key) => /^allot:\{([^}]+)\}:/.exec(key)![1]!);
  expect(new Set(tags).size).toBe(1);
  expect(slotOf(tags[0]!)).toBe(slot);
});

/** How many of some partitions each master has, where each master holds an equal run of slots. */
function perMaster(partitionNos: number[], partitions: number, masters: number): number[] {
  const counts = new Array<number>(masters).fill(0);
  for (const no of partitionNos)
    counts[Math.floor((partitionKeys(no, partitions).slot * masters) / slots)]!++;
  return counts;
}

const spread = (counts: number[]) => Math.max(...counts) - Math.min(...counts);

test.each([1, 2, 3, 4, 6, 12, 50])("partitions spread evenly over %i masters", (masters) => {
  for (const partitions of [1, 2, 3, 4, 12, 16, 48, 100]) {
    const all = Array.from({ length: partitions }, (_, no) => no);
    expect([partitions, spread(perMaster(all, partitions, masters))]).toEqual([
      partitions,
      expect.toSatisfy((most: number) => most <= (partitions % masters === 0 ? 0 : 2)),
    ]);
  }
});

test("a campaign's few partitions are on several masters", () => {
  const some = fc.record({
    partitions: fc.constantFrom(12, 16, 24, 48, 64, 100),
    masters: fc.integer({ min: 2, max: 12 }),
    start: fc.nat(99),
    size: fc.integer({ min: 2, max: 12 }),
  });
  fc.assert(
    fc.property(some, ({ partitions, masters, start, size }) => {
      fc.pre(4 * masters <= partitions);
      const nos = Array.from({ length: size }, (_, i) => (start + i) % partitions);
      const most = Math.max(...perMaster(nos, partitions, masters));
      expect(most).toBeLessThanOrEqual(Math.ceil(size / masters) + 2);
    }),
  );
});
