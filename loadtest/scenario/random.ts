/** Numbers in [0, 1) that a seed repeats. */
export type Random = () => number;

/** SplitMix32: a 32-bit counter through a mixing function; one stream for each (seed, stream). */
export const seededRandom = (seed: number, stream: number): Random => {
  let state = (seed ^ Math.imul(stream + 1, 0x9e3779b9)) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  };
};

export const below = (random: Random, bound: number): number => Math.floor(random() * bound);
