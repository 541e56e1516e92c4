import { styleText } from "node:util";
import type { Report } from "./report.ts";

export const count = (n: number): string => Math.round(n).toLocaleString("en-US");

/** 0.412 ms, 4.12 ms, 41.2 ms, 412 ms, 4.12 s: three digits and a unit. */
export const duration = (ms: number): string => {
  if (ms >= 1_000) return `${(ms / 1_000).toPrecision(3)} s`;
  if (ms >= 100) return `${ms.toFixed(0)} ms`;
  return `${ms.toPrecision(3)} ms`;
};

export const percent = (share: number): string =>
  `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;

/** The report as plain text for a terminal or a log. */
export const toText = (report: Report): string =>
  [
    ...throughput(report),
    "",
    ...latency(report),
    "",
    ...outcomes(report),
    ...settled(report),
    "",
    ...generator(report),
    "",
    ...audit(report),
    ...objectives(report),
    "",
    verdict(report),
  ].join("\n");

const heading = (text: string): string => styleText("bold", text);
const mark = (passed: boolean): string =>
  passed ? styleText("green", "PASS") : styleText(["red", "bold"], "FAIL");

const throughput = ({ load, run }: Report): string[] => [
  heading(`${run.scenario}: ${count(load.rate)} answers/s`),
  `  ${count(load.due)} requests due in ${duration(load.durationMs)}, ${count(load.sent)} sent, ` +
    `${count(load.answered)} answered, ${count(load.errors)} errors`,
];

const latency = ({ latency: { percentiles, maxMs, meanMs, countedFrom } }: Report): string[] => {
  const columns = [
    ...percentiles.map(({ percentage, ms }) => [`p${percentage}`, duration(ms)] as const),
    ["max", duration(maxMs)] as const,
    ["mean", duration(meanMs)] as const,
  ];
  const widths = columns.map(([name, value]) => Math.max(name.length, value.length));
  const row = (which: 0 | 1) =>
    `  ${columns.map((column, i) => column[which].padStart(widths[i]!)).join("  ")}`;
  return [heading(`Latency, from when a request was ${countedFrom}`), row(0), row(1)];
};

const outcomes = (report: Report): string[] => [
  heading("Outcomes"),
  ...report.outcomes.map(
    ({ outcome, count: n }) =>
      `  ${count(n).padStart(12)}  ${percent(n / report.load.due).padStart(7)}  ${outcome}`,
  ),
];

const settled = ({ settled: { asked, outcomes: counts } }: Report): string[] =>
  asked === 0
    ? []
    : [
        `  then ${count(asked)} asked again under their request ids: ` +
          counts.map(({ outcome, count: n }) => `${count(n)} ${outcome}`).join(", "),
      ];

const generator = ({ generator: g, run }: Report): string[] => [
  heading("Load test"),
  ...(run.loop === "open"
    ? [
        `  took requests up ${duration(g.lagP99Ms)} after they were due (p99), ${duration(g.lagMaxMs)} at most`,
        `  late by more than 10 ms: ${count(g.lateByGenerator)} because of the load test, ` +
          `${count(g.lateByConnection)} for want of a free connection`,
      ]
    : []),
  `  ${percent(g.utilization)} busy${g.bottleneck ? styleText("red", ": it was the bottleneck") : ""}`,
];

const audit = ({ audit: result }: Report): string[] => {
  if (!result) return [heading("Audit: not run")];
  const lines = result.checks.flatMap(({ name, passed, detail, examples }) => [
    `  ${mark(passed)}  ${name}`,
    `        ${detail}`,
    ...examples.map((example) => styleText("red", `        ✗ ${example}`)),
  ]);
  return [heading("Audit"), ...lines];
};

const objectives = (report: Report): string[] =>
  report.objectives.length === 0
    ? []
    : [
        "",
        heading("Objectives"),
        ...report.objectives.map(({ text, met, actual }) => `  ${mark(met)}  ${text}  (${actual})`),
      ];

const verdict = ({ verdict: { passed, word, meaning, exitCode } }: Report): string =>
  passed
    ? `${styleText("green", word)}  ${meaning}`
    : `${styleText(["red", "bold"], word)}  ${meaning} (exit code ${exitCode})`;
