import { readFileSync } from "node:fs";
import { familyOf, type Outcome } from "../../record/outcome.ts";
import type { Report } from "../report.ts";
import { count, duration, percent } from "../text.ts";
import { escapeHtml } from "./escape-html.ts";
import { percentileChart } from "./percentile-chart.ts";
import { latencyChart, rateChart } from "./timeline-charts.ts";

const style = readFileSync(new URL("./page.css", import.meta.url), "utf8");

/** The report as one page that needs nothing else: no script, no font, no network. */
export const toHtml = (report: Report): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${report.run.scenario}: ${report.verdict.word} – Allot load test`)}</title>
<style>
${style}</style>
<main>
${header(report)}
${tiles(report)}
${charts(report)}
${outcomes(report)}
${audit(report)}
${objectives(report)}
${settings(report)}
</main>
</html>
`;

const section = (title: string, note: string, body: string): string =>
  `<section><h2>${escapeHtml(title)}</h2>\n<p class="soft">${escapeHtml(note)}</p>\n${body}\n</section>`;

const word = (passed: boolean): string => (passed ? "PASS" : "FAIL");
const tone = (passed: boolean): string => (passed ? "good" : "bad");

const header = ({ run, verdict }: Report): string => {
  const pace = run.loop === "open" ? `${count(run.rate!)} requests/s` : "flat out";
  return `<header><div>
<h1>${escapeHtml(run.scenario)}, ${pace}</h1>
<p class="soft">${escapeHtml(run.summary)}</p>
<p class="soft">${escapeHtml(`${run.protocol} to ${run.target}, ${count(run.connections)} connections, ${run.startTime}`)}</p>
</div><p class="verdict ${tone(verdict.passed)}"><b>${verdict.word}</b>${escapeHtml(verdict.meaning)}</p></header>`;
};

const tiles = ({ load, latency, audit: result }: Report): string => {
  const at = (percentage: number): string =>
    duration(latency.percentiles.find((one) => one.percentage === percentage)!.ms);
  const entries: [string, string, string?][] = [
    ["answers/s", count(load.rate)],
    ["median", at(50)],
    ["p99", at(99)],
    ["p99.9", at(99.9)],
    ["maximum", duration(latency.maxMs)],
    ["errors", count(load.errors), load.errors > 0 ? "bad" : ""],
    result ? ["audit", word(result.passed), tone(result.passed)] : ["audit", "not run"],
  ];
  return `<dl class="tiles">${entries
    .map(([name, value, classes = ""]) => `<div><dt>${name}</dt><dd class="${classes}">${value}</dd></div>`)
    .join("")}</dl>`;
};

const charts = (report: Report): string => {
  if (report.timeline.length === 0 || report.latency.count === 0) return "";
  const from = report.latency.countedFrom;
  return [
    section(
      "Requests per second",
      "What was sent, and what became of it. Point at the picture for figures.",
      rateChart(report),
    ),
    section(
      "Latency over time",
      `From the instant a request was ${from} to its answer; each interval of ${report.run.intervalMs} ms by itself.`,
      latencyChart(report),
    ),
    section(
      "Latency by percentile",
      `The share of all ${count(report.latency.count)} requests that stayed within a latency.`,
      percentileChart(report),
    ),
  ].join("\n");
};

const outcomes = (report: Report): string => {
  const rows = report.outcomes.map(({ outcome, count: n }) => {
    const family = familyOf(outcome as Outcome).replace(" ", "-");
    const share = n / report.load.due;
    return (
      `<tr><td>${escapeHtml(outcome)}</td><td class="bar ${family}"><i style="width:${(100 * share).toFixed(2)}%"></i></td>` +
      `<td class="figure">${count(n)}</td><td class="figure soft">${percent(share)}</td></tr>`
    );
  });
  const { asked, outcomes: counts } = report.settled;
  const again =
    asked === 0
      ? ""
      : ` Then ${count(asked)} were asked again under their request ids: ${counts.map(({ outcome, count: n }) => `${count(n)} ${outcome}`).join(", ")}.`;
  return section(
    "Outcomes",
    `What became of the ${count(report.load.due)} requests that were due.${again}`,
    `<table>${rows.join("\n")}</table>`,
  );
};

const judgement = (passed: boolean, name: string, detail: string, examples: string[] = []): string => {
  const list = examples.map((example) => `<li>${escapeHtml(example)}</li>`).join("");
  return (
    `<tr><td class="mark ${tone(passed)}">${word(passed)}</td><td>${escapeHtml(name)}` +
    `<div class="soft">${escapeHtml(detail)}</div>${list && `<ul class="bad">${list}</ul>`}</td></tr>`
  );
};

const audit = ({ audit: result }: Report): string => {
  if (!result) return section("Audit", "Not run: the load test was interrupted.", "");
  const rows = result.checks.map(({ passed, name, detail, examples }) =>
    judgement(passed, name, detail, examples),
  );
  return section(
    "Audit",
    "What the clients were told, what the ledger holds and what the store counts, compared one by one.",
    `<table>${rows.join("\n")}</table>`,
  );
};

const objectives = (report: Report): string => {
  if (report.objectives.length === 0) return "";
  const rows = report.objectives.map(({ met, text, actual }) => judgement(met, text, actual));
  return section(
    "Objectives",
    "Bounds that this run was asked to keep.",
    `<table>${rows.join("\n")}</table>`,
  );
};

const settings = ({ run, machine, load, generator }: Report): string => {
  const table = (rows: [string, string][]): string =>
    `<table>${rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join("\n")}</table>`;
  const left: [string, string][] = [
    ["campaign", run.campaignId],
    ["quota", run.quota === undefined ? "unlimited" : count(run.quota)],
    ["users", count(run.users)],
    ["requests due", count(load.due)],
    ["planned", duration(run.plannedMs)],
    ["took", duration(load.durationMs)],
    ["seed", String(run.seed)],
  ];
  const right: [string, string][] = [
    ["workers", `${run.workers}, ${percent(generator.utilization)} busy`],
    ["taken up after due, p99", duration(generator.lagP99Ms)],
    ["late because of the load test", count(generator.lateByGenerator)],
    ["late for want of a connection", count(generator.lateByConnection)],
    ["processor", `${machine.processor}, ${machine.cores} cores`],
    ["platform", machine.platform],
    ["Node", machine.node],
  ];
  const note = generator.bottleneck
    ? "The load test itself was the bottleneck: these figures are not the server's."
    : "The load test itself had room to spare.";
  return section("The run", note, `<div class="columns">${table(left)}${table(right)}</div>`);
};
