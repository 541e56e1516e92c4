import { type Line, median } from "./result.ts";

export type Unit = "×" | "ms" | "s" | "µs" | "bytes" | "";

/** The median is what counts; how far the rounds lay apart stands beside it. */
export function atLeast(what: string, values: number[], bound: number, unit: Unit = "×"): Line {
  return line(what, values, unit, `at least ${quantity(bound, unit)}`, (value) => [
    value >= bound,
    value / bound,
  ]);
}

export function atMost(what: string, values: number[], bound: number, unit: Unit = "×"): Line {
  return line(what, values, unit, `at most ${quantity(bound, unit)}`, (value) => [
    value <= bound,
    bound / value,
  ]);
}

export function under(what: string, values: number[], bound: number, unit: Unit): Line {
  return line(what, values, unit, `under ${quantity(bound, unit)}`, (value) => [
    value < bound,
    bound / value,
  ]);
}

/** Something that is so or not. */
export function must(what: string, measured: string, bound: string, passed: boolean): Line {
  return { what, measured, bound, passed };
}

function line(
  what: string,
  values: number[],
  unit: Unit,
  bound: string,
  judge: (value: number) => [passed: boolean, margin: number],
): Line {
  // A median of nothing holds to no bound.
  const value = values.length === 0 ? Number.NaN : median(values);
  const spread =
    values.length > 1 ? `, ${figure(Math.min(...values))} to ${figure(Math.max(...values))}` : "";
  const [passed, margin] = judge(value);
  return { what, measured: `${quantity(value, unit)}${spread}`, bound, passed, value, margin };
}

const quantity = (value: number, unit: Unit) => (unit === "" ? figure(value) : `${figure(value)} ${unit}`);

/** Three digits, as far as they mean anything. */
export const figure = (value: number): string =>
  Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en")
    : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
