import type { Point } from "../../crew/timeline.ts";
import type { OutcomeFamily } from "../../record/outcome.ts";
import type { Report } from "../report.ts";
import { count, duration } from "../text.ts";
import { area, chart, hint, legend, line, plot } from "./chart.ts";
import { linear, logarithmic, logTicks, roundTicks, type Scale, tickDuration } from "./scale.ts";

const stackOf = ({ run }: Report): [OutcomeFamily, string, string][] => [
  ["given", "given", run.things],
  ["refused", "refused", "refusals"],
  ["error", "error", "errors"],
  ["hung up", "hung-up", "hang-ups"],
];
const hintsMost = 400;

const secondsOf = ({ run }: Report, index: number): number => (index * run.intervalMs) / 1_000;

const timeAxis = (report: Report) => {
  const first = secondsOf(report, report.timeline[0]!.index);
  const last = secondsOf(report, report.timeline.at(-1)!.index + 1);
  const scale = linear(first, last, plot.left, plot.right);
  const ticks = roundTicks(first, last, 10).filter((second) => second <= last);
  return { scale, ticks: ticks.map((value) => ({ value, label: `${value} s` })) };
};

const perSecond = ({ lengthMs }: Point): number => 1_000 / Math.max(1, lengthMs);

const middle = (report: Report, scale: Scale, { index }: Point): number =>
  scale(secondsOf(report, index + 0.5));

const hints = (report: Report, scale: Scale, tell: (point: Point) => string): string => {
  if (report.timeline.length > hintsMost) return "";
  const width = scale(secondsOf(report, 1)) - scale(0);
  return report.timeline
    .map((point) => {
      const at = secondsOf(report, point.index);
      return hint(scale(at), width, `${at.toFixed(2)} s: ${tell(point)}`);
    })
    .join("");
};

/** What was sent, and what became of it, per second: areas on top of each other under the line of what was sent. */
export const rateChart = (report: Report): string => {
  const points = report.timeline;
  const x = timeAxis(report);
  const endedOf = (point: Point): number =>
    stackOf(report).reduce((sum, [family]) => sum + point.ended[family], 0);
  const highest = Math.max(
    1,
    ...points.map((point) => Math.max(point.sent, endedOf(point)) * perSecond(point)),
  );
  const ticks = roundTicks(0, highest, 5);
  const y = linear(0, ticks.at(-1)!, plot.bottom, plot.top);

  const present = stackOf(report).filter(([family]) => points.some(({ ended }) => ended[family] > 0));
  let below = points.map((point) => [middle(report, x.scale, point), y(0)] as const);
  const heights = points.map(() => 0);
  const areas = present.map(([family, name]) => {
    points.forEach((point, i) => {
      heights[i]! += point.ended[family] * perSecond(point);
    });
    const upper = below.map(([place], i) => [place, y(heights[i]!)] as const);
    const drawn = area(name, upper, below);
    below = upper;
    return drawn;
  });
  const sent = line(
    "sent",
    points.map((point) => [middle(report, x.scale, point), y(point.sent * perSecond(point))]),
  );
  const told = hints(report, x.scale, (point) => {
    const parts = present.map(
      ([family, , label]) => `${count(point.ended[family] * perSecond(point))} ${label}/s`,
    );
    return `${count(point.sent * perSecond(point))} sent/s; ${parts.join(", ")}`;
  });
  const yAxis = { scale: y, ticks: ticks.map((value) => ({ value, label: count(value) })) };
  return (
    chart("Requests per second over time", x, yAxis, areas.join("") + sent + told) +
    legend([...present.map(([, name, label]) => [name, label] as const), ["sent line", "sent"]])
  );
};

/** Median, 99th percentile and maximum of every interval, on a logarithmic scale. */
export const latencyChart = (report: Report): string => {
  const points = report.timeline;
  const seen = points.filter(({ maxMs }) => maxMs > 0);
  const x = timeAxis(report);
  const ticks = logTicks(
    Math.min(1, ...seen.map(({ p50Ms }) => p50Ms)),
    Math.max(1, ...seen.map(({ maxMs }) => maxMs)),
  );
  const y = logarithmic(ticks[0]!, ticks.at(-1)!, plot.bottom, plot.top);
  const through = (name: string, of: (point: Point) => number): string =>
    line(
      name,
      points.map((point) =>
        point.maxMs > 0 ? ([middle(report, x.scale, point), y(of(point))] as const) : undefined,
      ),
    );
  const marks =
    through("max", ({ maxMs }) => maxMs) +
    through("p99", ({ p99Ms }) => p99Ms) +
    through("p50", ({ p50Ms }) => p50Ms) +
    hints(
      report,
      x.scale,
      ({ p50Ms, p99Ms, maxMs, inFlight }) =>
        `p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}, max ${duration(maxMs)}; ${count(inFlight)} in flight`,
    );
  const yAxis = { scale: y, ticks: ticks.map((value) => ({ value, label: tickDuration(value) })) };
  return (
    chart("Latency over time", x, yAxis, marks) +
    legend([
      ["p50 line", "median"],
      ["p99 line", "p99"],
      ["max line", "maximum"],
    ])
  );
};
