import type { Report } from "../report.ts";
import { area, chart, line, plot } from "./chart.ts";
import { linear, logarithmic, logTicks, tickDuration } from "./scale.ts";

const marked = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999];

/** Tenths left: 0 at 0 %, 1 at 90 %, 2 at 99 %, so that each nine takes the same room. */
const nines = (percentage: number): number => -Math.log10(Math.max(1 - percentage / 100, 1e-9));

/** How many requests stayed within which latency, the rare slow ones as wide as the many quick ones. */
export const percentileChart = ({ latency: { curve, count } }: Report): string => {
  const drawn = curve.filter(({ percentage }) => percentage < 100);
  const last = Math.max(1, nines(drawn.at(-1)!.percentage));
  const x = linear(0, last, plot.left, plot.right);
  const values = drawn.map(({ ms }) => ms).filter((ms) => ms > 0);
  const ticks = logTicks(Math.min(...values), Math.max(...values));
  const y = logarithmic(ticks[0]!, ticks.at(-1)!, plot.bottom, plot.top);
  const places = drawn.map(({ percentage, ms }) => [x(nines(percentage)), y(ms)] as const);
  const base = places.map(([place]) => [place, plot.bottom] as const);
  const xTicks = marked
    .filter((percentage) => percentage < 100 - 100 / count || percentage === 0)
    .map((percentage) => ({ value: nines(percentage), label: `${percentage} %` }));
  return chart(
    "Latency by percentile",
    {
      scale: x,
      ticks: xTicks,
    },
    { scale: y, ticks: ticks.map((value) => ({ value, label: tickDuration(value) })) },
    area("spread", places, base) + line("p99", places),
  );
};
