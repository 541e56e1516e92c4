/** Of one in a thousand honest runs it is said that they differ. */
export const significance = 0.001;
/** The point of the normal distribution that so many lie beyond. */
const normalPoint = 3.0902;

/** Pearson's statistic: how far counts lie from those expected. */
export const chiSquare = (counts: readonly number[], expected: readonly number[]): number =>
  counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);

/** What chi-square passes in one of a thousand cases (Wilson and Hilferty 1931; above it by 3 % at most). */
export const chiSquareBound = (degrees: number): number => {
  const ninth = 2 / (9 * degrees);
  return degrees * (1 - ninth + normalPoint * Math.sqrt(ninth)) ** 3;
};
