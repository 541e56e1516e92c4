/** Maps a value to a place in pixels. */
export type Scale = (value: number) => number;

export const linear =
  (from: number, to: number, start: number, end: number): Scale =>
  (value) =>
    start + ((value - from) / (to - from || 1)) * (end - start);

export const logarithmic = (from: number, to: number, start: number, end: number): Scale => {
  const place = linear(Math.log10(from), Math.log10(to), start, end);
  return (value) => place(Math.log10(Math.max(value, from)));
};

/** About `wanted` round values (1, 2 or 5 times a power of ten apart) from 0 or `from` up to at least `to`. */
export const roundTicks = (from: number, to: number, wanted: number): number[] => {
  const rough = (to - from || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(from / step);
  const ticks: number[] = [];
  for (let i = first; ticks.length === 0 || ticks.at(-1)! < to; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
};

/** 1, 2, 5, 10, 20, … around two positive values; only the powers of ten where that would be many. */
export const logTicks = (from: number, to: number): number[] => {
  const first = Math.floor(Math.log10(from));
  const last = Math.ceil(Math.log10(to));
  const factors = last - first > 3 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = first; power <= last; power++)
    for (const factor of factors) ticks.push(Number((factor * 10 ** power).toPrecision(3)));
  const below = ticks.findLastIndex((tick) => tick <= from);
  const above = ticks.findIndex((tick) => tick >= to);
  return ticks.slice(Math.max(0, below), above < 0 ? undefined : above + 1);
};

/** A round duration, as short as it goes: 200 µs, 5 ms, 10 s. */
export const tickDuration = (ms: number): string => {
  if (ms < 1) return `${Number((ms * 1_000).toPrecision(3))} µs`;
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
};
