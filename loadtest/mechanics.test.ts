import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "./report/report.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-mechanics-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command to its end against an embedded server of its own. */
const run = async (...args: string[]) => {
  const file = join(folder, "report.json");
  const child = spawn(process.execPath, [main, "--json", file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ALLOT_API_KEY: undefined },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  const [exitCode] = await once(child, "close");
  const report: Report = JSON.parse(await readFile(file, "utf8"));
  return { exitCode, output, report };
};

const mechanics = [
  ["draw", "draw: prize"],
  ["raffle", "ticket: new"],
  ["lottery", "ballot: new"],
  ["code-pool", "code: replayed"],
  ["redeem", "redemption: confirmed"],
] as const;

test.each(mechanics)(
  "%s, paced over gRPC: the audit passes",
  async (scenario, outcome) => {
    const paced = ["--rate", "200", "--duration", "2s", "--protocol", "grpc"];
    const { exitCode, output, report } = await run("--scenario", scenario, ...paced);
    expect(report.audit, output).toMatchObject({ passed: true });
    expect(report.load).toMatchObject({ due: 400, errors: 0 });
    expect(report.outcomes.map((one) => one.outcome)).toContain(outcome);
    // 97: this machine had no time for the load test itself, which says nothing about the audit.
    expect([0, 97]).toContain(exitCode);
  },
  60_000,
);

test.each(mechanics)(
  "%s, flat out in JSON over HTTP/1.1: the audit passes",
  async (scenario, outcome) => {
    const flatOut = ["--closed", "--requests", "2000", "--protocol", "connect-json", "--workers", "2"];
    const { output, report } = await run("--scenario", scenario, ...flatOut);
    expect(report.audit, output).toMatchObject({ passed: true });
    expect(report.load).toMatchObject({ sent: 2_000, errors: 0 });
    expect(report.outcomes.map((one) => one.outcome)).toContain(outcome);
  },
  60_000,
);
