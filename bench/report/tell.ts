import { median, type Result } from "../result.ts";
import { disturbance } from "../rounds/turn.ts";

/** A result on the terminal: every line with its bound, and what a request cost each process. */
export function tell({ lines, contenders = {} }: Result): string {
  const costs = Object.entries(contenders).map(([name, turns]) => {
    const processes = Object.keys(turns[0]?.cpuUs ?? {});
    const of = (process: string) => median(turns.map(({ cpuUs }) => cpuUs[process]!)).toFixed(1);
    return `  ${name}: ${processes.map((process) => `${process} ${of(process)}`).join(", ")}`;
  });
  const disturbed = disturbance(contenders);
  return [
    ...(costs.length > 0 ? ["µs of CPU each, by process", ...costs] : []),
    ...(disturbed ? [disturbed] : []),
    ...lines.map(
      ({ what, measured, bound, passed }) => `${passed ? "PASS" : "FAIL"}  ${what}: ${measured} (${bound})`,
    ),
  ].join("\n");
}
