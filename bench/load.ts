import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `npm run loadtest -- --json` reports, as far as benchmarks read it. */
export interface LoadReport {
  load: { rate: number; sent: number; answered: number; coupons: number; refused: number; errors: number };
  latency: { percentiles: { percentage: number; ms: number }[]; maxMs: number };
  audit: unknown;
  outcomes: unknown;
  verdict: { exitCode: number; passed: boolean; word: string; meaning: string };
}

/** Runs the load test, shows what it prints, and returns its report. */
export async function load(target: string, mysqlUrl: string, args: string[]): Promise<LoadReport> {
  const dir = await mkdtemp(join(tmpdir(), "allot-bench-"));
  try {
    const file = join(dir, "report.json");
    const all = ["loadtest/main.ts", "--target", target, "--mysql-url", mysqlUrl, "--json", file, ...args];
    const child = spawn(process.execPath, all, { stdio: "inherit" });
    await once(child, "exit");
    return JSON.parse(await readFile(file, "utf8")) as LoadReport;
  } finally {
    await rm(dir, { recursive: true });
  }
}

export const percentile = ({ latency }: LoadReport, percentage: number) =>
  latency.percentiles.find((one) => one.percentage === percentage)!.ms;
