import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchmarks } from "../benchmarks.ts";
import { figure } from "../line.ts";
import { median } from "../result.ts";
import { disturbance, type Turn } from "../rounds/turn.ts";
import type { FloorFigures } from "../yardsticks/redis-floor.ts";
import { cpuPicture, linesPicture, processesOf, ratePicture } from "./picture/pictures.ts";
import type { Run } from "./run-file.ts";

const docs = join(import.meta.dirname, "../../docs");

/** Writes docs/performance.md and its pictures from a run's results. */
export function writeDocument(run: Run): string {
  const pictures = join(docs, "performance");
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  const draw = (name: string, svg: string) => writeFileSync(join(pictures, `${name}.svg`), svg);
  const names = Object.keys(benchmarks).filter((name) => name in run.results);
  draw("lines", linesPicture(Object.fromEntries(names.map((name) => [name, run.results[name]!]))));
  for (const name of names) {
    const { contenders, yardstick } = run.results[name]!;
    if (!contenders || !yardstick) continue;
    draw(`${name}-rate`, ratePicture(name, contenders, yardstick));
    draw(`${name}-cpu`, cpuPicture(name, contenders));
  }
  writeFileSync(
    join(docs, "performance.md"),
    [head(run), linesTable(run, names), ...names.map((name) => section(run, name))].join("\n"),
  );
  return "docs/performance.md";
}

const head = ({ commit, machine }: Run) => `<!-- Written by npm run bench. -->
# Performance

Printed by \`npm run bench\` at commit ${commit}, on ${machine.processor}, ${machine.cores} cores, ${machine.memoryGib} GiB; Node ${machine.node}, Redis ${machine.redis} (\`appendfsync always\`), database ${machine.database};
load by ${machine.generators}. Generator, server, its drain, Redis and database share these cores.

Absolute figures belong to that machine and that hour. What counts are ratios: all that is compared takes its turn in every round of one run, the
ratio is taken within the round, and a figure is the median over the rounds, with the least and the most beside it. Everything runs once
beforehand, uncounted. Latencies and bounds on CPU are those of the hour.

| yardstick | is |
|---|---|
| bare | \`node:http\` or \`node:http2\`, answering "ok" |
| echo | the same HTTP version: decodes the IssueCouponRequest and encodes an IssueCouponResponse with a coupon, by protobuf-es; no store |
| nothing | connect-node with a handler that answers the same at once |

CPU is what the operating system counts for the whole process, over load and drain, divided by the requests; the generator's includes this command's own.
\`npm run bench -- NAME\` runs one, \`-- --deep\` the long ones too, \`-- --compare A B\` shows what changed between two commits, and
\`-- profile\` where the server's time goes.

![What must be reached, and what was](performance/lines.svg)
`;

function linesTable({ results }: Run, names: string[]): string {
  const rows = names.flatMap((name) =>
    results[name]!.lines.map(
      ({ what, measured, bound, passed }) =>
        `| [${name}](#${name}) | ${cell(what)} | ${cell(measured)} | ${cell(bound)} | ${passed ? "PASS" : "**FAIL**"} |`,
    ),
  );
  return ["| benchmark | what | measured | to reach | |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

function section({ results }: Run, name: string): string {
  const { title, about } = benchmarks[name]!;
  const { settings, contenders, yardstick, figures, date } = results[name]!;
  const pictures = contenders &&
    yardstick && [
      `![${name}, rate](performance/${name}-rate.svg)`,
      `![${name}, CPU](performance/${name}-cpu.svg)`,
      "",
      contendersTable(contenders, yardstick),
    ];
  return [
    `## ${name}`,
    "",
    `**${title}.** ${about}`,
    "",
    ...(pictures ?? []),
    ...floorText(figures.redisFloor as FloorFigures | undefined),
    `Settings: ${[settingsText(settings), date.slice(0, 10), disturbance(contenders)].filter(Boolean).join("; ")}.`,
    "",
  ].join("\n");
}

function floorText(floor: FloorFigures | undefined): string[] {
  if (!floor) return [];
  const { what, perSecond, redisUs } = floor;
  return [
    `Redis's floor in the same rounds (${what}): ${figure(perSecond)} a second, ${figure(redisUs)} µs of Redis's CPU each.`,
    "",
  ];
}

function contendersTable(contenders: Record<string, Turn[]>, yardstick: string): string {
  const processes = processesOf(contenders);
  const rows = Object.entries(contenders).map(([name, turns]) => {
    const rates = turns.map(({ perSecond }) => perSecond);
    const ratio = median(rates.map((rate, round) => rate / contenders[yardstick]![round]!.perSecond));
    const cpu = processes.map((process) => {
      const times = turns.flatMap(({ cpuUs }) => cpuUs[process] ?? []);
      return times.length > 0 ? `${median(times).toFixed(1)} µs` : "";
    });
    const spread = `${figure(Math.min(...rates))} to ${figure(Math.max(...rates))}`;
    return `| ${[name, figure(median(rates)), spread, `${figure(ratio)} ×`, ...cpu].join(" | ")} |`;
  });
  const columns = [
    "",
    "requests/s",
    "spread",
    `÷ ${yardstick}`,
    ...processes.map((name) => `CPU of ${name}, each`),
  ];
  return [`| ${columns.join(" | ")} |`, `|${"---|".repeat(columns.length)}`, ...rows, ""].join("\n");
}

const settingsText = (settings: Record<string, unknown>) =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(", ");

const cell = (text: string) => text.replaceAll("|", "\\|");
