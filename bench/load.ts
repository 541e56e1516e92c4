import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../loadtest/report/report.ts";
import { must } from "./line.ts";
import type { Line } from "./result.ts";
import type { Stand } from "./stand/stand.ts";

/** Runs the load test, its audit included, shows what it prints, and returns its report. */
export async function load(stand: Stand, args: string[]): Promise<Report> {
  const dir = await mkdtemp(join(tmpdir(), "allot-bench-"));
  try {
    const file = join(dir, "report.json");
    const target = ["--target", stand.url, "--mysql-url", stand.database!.url];
    const child = spawn(process.execPath, ["loadtest/main.ts", ...target, "--json", file, ...args], {
      stdio: "inherit",
    });
    await once(child, "exit");
    return JSON.parse(await readFile(file, "utf8")) as Report;
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Whether the audit passed, and whether the load test was quick enough for its figures to be the server's. */
export const verdicts = ({ audit, verdict }: Report): Line[] => [
  must("audit", audit?.passed ? "PASS" : "FAIL", "PASS", audit?.passed === true),
  must("the load test kept up", verdict.word, "not INVALID", verdict.word !== "INVALID"),
];

export const percentile = ({ latency }: Report, percentage: number) =>
  latency.percentiles.find((one) => one.percentage === percentage)!.ms;
