/** How a sequence goes up and down around its median. */
export interface Runs {
  runs: number;
  expected: number;
  /** Standard deviations from what is expected; beyond ±3.29 in one of a thousand random orders. */
  deviation: number;
}

export const deviationBound = 3.2905;

/** The runs test of Wald and Wolfowitz (1940), above and below the median: numbers that follow from their neighbours make too few or too many runs. */
export const runsAroundMedian = (sequence: readonly number[]): Runs => {
  const sorted = Float64Array.from(sequence).sort();
  const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  const sides = sequence.filter((value) => value !== median).map((value) => value > median);
  const above = sides.filter(Boolean).length;
  const [n, below] = [sides.length, sides.length - above];
  const runs = sides.reduce((count, side, i) => (i > 0 && side === sides[i - 1] ? count : count + 1), 0);
  const product = 2 * above * below;
  const expected = product / n + 1;
  const variance = (product * (product - n)) / (n * n * (n - 1));
  return { runs, expected, deviation: (runs - expected) / Math.sqrt(variance) };
};
