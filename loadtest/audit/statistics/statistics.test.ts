import { expect, test } from "vitest";
import { seededRandom } from "../../scenario/random.ts";
import { chiSquare, chiSquareBound } from "./chi-square.ts";
import { deviationBound, runsAroundMedian } from "./runs.ts";

// From tables of the distribution.
test.each([
  [1, 10.83],
  [2, 13.82],
  [5, 20.52],
  [30, 59.7],
])("with %i degrees of freedom one in a thousand passes %d", (degrees, bound) => {
  const ratio = chiSquareBound(degrees) / bound;
  expect(ratio).toBeGreaterThan(0.999);
  expect(ratio).toBeLessThan(1.035);
});

test("counts as expected have no distance, others have one", () => {
  expect(chiSquare([10, 20], [10, 20])).toBe(0);
  expect(chiSquare([15, 15], [10, 20])).toBeCloseTo(3.75);
});

const shuffled = (length: number): number[] => {
  const random = seededRandom(5, 0);
  return Array.from({ length }, (_, i) => ({ i, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ i }) => i);
};

test("a random order has about as many runs as expected; one in order, or to and fro, has not", () => {
  expect(Math.abs(runsAroundMedian(shuffled(10_000)).deviation)).toBeLessThan(deviationBound);
  const inOrder = Array.from({ length: 1_000 }, (_, i) => i);
  expect(runsAroundMedian(inOrder)).toMatchObject({ runs: 2, expected: 501 });
  expect(runsAroundMedian(inOrder).deviation).toBeLessThan(-deviationBound);
  const toAndFro = inOrder.map((i) => (i % 2 === 0 ? i : 1_000 - i));
  expect(runsAroundMedian(toAndFro).deviation).toBeGreaterThan(deviationBound);
});
