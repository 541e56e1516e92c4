import { figure } from "../../line.ts";
import { type Line, median, type Result } from "../../result.ts";
import type { Turn } from "../../rounds/turn.ts";
import { barChart } from "./bar-chart.ts";

/** Processes in the order of the pictures; others come behind. */
const order = ["server", "loop", "redis", "database", "generator"];
const marginMost = 2;

/** How each contender did beside the one that counts as 1, round by round. */
export function ratePicture(title: string, contenders: Record<string, Turn[]>, yardstick: string): string {
  const unit = contenders[yardstick]!;
  const bars = Object.entries(contenders).map(([label, turns]) => {
    const ratios = turns.map(({ perSecond }, round) => perSecond / unit[round]!.perSecond);
    const value = median(ratios);
    return {
      label,
      segments: [{ value, series: 0 }],
      text: `${figure(value)} ×  ${figure(median(turns.map(({ perSecond }) => perSecond)))}/s`,
      range: [Math.min(...ratios), Math.max(...ratios)] as [number, number],
    };
  });
  return barChart({
    title: `${title}: how many a second`,
    series: ["rate"],
    bars,
    mark: { value: 1, label: yardstick },
  });
}

/** The processes whose CPU was measured, of any contender. */
export function processesOf(contenders: Record<string, Turn[]>): string[] {
  const names = new Set(Object.values(contenders).flatMap(([turn]) => Object.keys(turn?.cpuUs ?? {})));
  return [...order.filter((name) => names.has(name)), ...[...names].filter((name) => !order.includes(name))];
}

/** What one of a contender's requests, or of whatever it does, cost each process. */
export function cpuPicture(title: string, contenders: Record<string, Turn[]>): string {
  const processes = processesOf(contenders);
  const bars = Object.entries(contenders).map(([label, turns]) => {
    const of = (name: string) => median(turns.map(({ cpuUs }) => cpuUs[name] ?? 0));
    const segments = processes.map((name, series) => ({ value: of(name), series }));
    const sum = segments.reduce((total, { value }) => total + value, 0);
    return { label, segments, text: `${figure(sum)} µs` };
  });
  return barChart({ title: `${title}: CPU of each, µs`, series: processes, bars });
}

/** Every line with a figure: how many times over its bound is kept. */
export function linesPicture(results: Record<string, Result>): string {
  const bars = Object.entries(results).flatMap(([name, { lines }]) =>
    lines.filter(hasMargin).map(({ what, measured, margin, passed }) => ({
      label: `${name}: ${shortened(what)}`,
      // Far more than enough is as good as twice.
      segments: [{ value: Math.min(margin, marginMost), series: 0 }],
      text: measured.split(", ")[0]!,
      missed: !passed,
    })),
  );
  return barChart({
    title: "What must be reached: how many times over it is",
    series: ["margin"],
    bars,
    mark: { value: 1, label: "the bound" },
  });
}

const hasMargin = (line: Line): line is Line & { margin: number } => Number.isFinite(line.margin);

const shortened = (what: string) => (what.length > 42 ? `${what.slice(0, 41)}…` : what);
