import { isDeepStrictEqual } from "node:util";
import { figure } from "../line.ts";
import { median } from "../result.ts";
import type { Turn } from "../rounds/turn.ts";
import type { Run } from "./run-file.ts";

/** What changed from one run to another, where both measured it: every line, and every contender's rate and CPU. */
export function compare(before: Run, after: Run): string {
  const said = [`${before.commit} → ${after.commit}`];
  if (!isDeepStrictEqual(before.machine, after.machine))
    said.push("measured on different machines or programs");
  for (const [name, now] of Object.entries(after.results)) {
    const then = before.results[name];
    if (!then) continue;
    said.push(`\n${name}`);
    for (const line of now.lines) {
      const was = then.lines.find(({ what }) => what === line.what);
      if (!was) continue;
      const [from, to] = [was.value, line.value];
      const change = from === undefined || to === undefined ? "" : `  ${percent(from, to)}`;
      said.push(
        `  ${verdict(was)} → ${verdict(line)}  ${line.what}: ${was.measured} → ${line.measured}${change}`,
      );
    }
    for (const [contender, turns] of Object.entries(now.contenders ?? {})) {
      const were = then.contenders?.[contender];
      if (were) said.push(`  ${contender.padEnd(12)} ${rates(were, turns)}  ${cpu(were, turns)}`);
    }
  }
  return said.join("\n");
}

const verdict = ({ passed }: { passed: boolean }) => (passed ? "PASS" : "FAIL");

const percent = (from: number, to: number) =>
  `${to >= from ? "+" : "−"}${Math.abs((to / from - 1) * 100).toFixed(1)} %`;

function rates(then: Turn[], now: Turn[]): string {
  const [from, to] = [then, now].map((turns) => median(turns.map(({ perSecond }) => perSecond))) as [
    number,
    number,
  ];
  return `${figure(from)}/s → ${figure(to)}/s (${percent(from, to)})`;
}

function cpu(then: Turn[], now: Turn[]): string {
  const of = (turns: Turn[], name: string) => median(turns.map(({ cpuUs }) => cpuUs[name]!));
  return Object.keys(now[0]?.cpuUs ?? {})
    .filter((name) => then[0] && name in then[0].cpuUs)
    .map((name) => `${name} ${of(then, name).toFixed(1)} → ${of(now, name).toFixed(1)} µs`)
    .join(", ");
}
