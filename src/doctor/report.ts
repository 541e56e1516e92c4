import { styleText } from "node:util";
import type { Finding, Level } from "./finding.ts";

const colours: Record<Level, "green" | "yellow" | "red"> = { ok: "green", warn: "yellow", bad: "red" };

/** The findings as a table for people; what is not ok with why it matters and what to do. Colours where `output` shows them. */
export function report(findings: readonly Finding[], output: NodeJS.WritableStream): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream: output as NodeJS.WriteStream });
  const lines: string[] = [];
  let about = "";
  for (const { about: next, check, level, found, why, remedy } of findings) {
    if (next !== about) lines.push(...(about === "" ? [] : [""]), style("bold", next));
    about = next;
    const mark = style(level === "ok" ? colours.ok : ["bold", colours[level]], level.padEnd(4));
    lines.push(`  ${mark}  ${check.padEnd(width)}  ${found}`);
    if (remedy === undefined) continue;
    lines.push(`        ${style("dim", why)}`, `        → ${remedy}`);
  }
  return `${[...lines, "", summary(findings)].join("\n")}\n`;
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  const advice = count("warn") === 0 ? "" : ` ${count("warn")} to look at.`;
  if (count("bad") === 0) return `Safe: nothing here breaks a promise.${advice}`;
  return `Not safe: ${count("bad")} of ${findings.length} must be changed.${advice}`;
}
