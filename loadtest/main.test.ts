import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Report } from "./report/report.ts";
import { type SmallServer, startSmallServer } from "./testing/small-server.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
let folder: string;
let server: SmallServer | undefined;
let child: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-loadtest-test-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  child?.kill("SIGKILL");
  server?.close();
});

const start = (...args: string[]): ChildProcess => {
  child = spawn(process.execPath, [main, "--json", join(folder, "report.json"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ALLOT_API_KEY: undefined },
  });
  return child;
};

/** Runs the command to its end against a server that behaves in a certain way. */
const run = async (behaviour: Parameters<typeof startSmallServer>[1], ...args: string[]) => {
  server = await startSmallServer(args.includes("grpc") ? "http2" : "http1", behaviour);
  const running = start("--target", `http://127.0.0.1:${server.port}`, ...args);
  let output = "";
  for (const stream of [running.stdout!, running.stderr!])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  const [exitCode] = await once(running, "close");
  const report: Report = JSON.parse(await readFile(join(folder, "report.json"), "utf8"));
  return { exitCode, output, report };
};

const short = ["--rate", "200", "--duration", "1s"];

test.each([
  ["steady", "connect", []],
  ["flash-sale", "grpc", []],
  ["greedy-user", "connect-json", []],
  ["retries", "connect", ["--workers", "2"]],
  ["hang-ups", "grpc", []],
  ["hang-ups", "connect", []],
])("%s over %s: the audit passes, and the exit code is the report's", async (scenario, protocol, more) => {
  const options = [...short, "--scenario", scenario, "--protocol", protocol, ...more];
  const { exitCode, output, report } = await run({}, ...options);
  expect(report.audit, output).toMatchObject({ passed: true });
  expect(report.load).toMatchObject({ due: 200, sent: 200, errors: 0 });
  // On a machine that is busy with other things the load test may be too slow: then it must say so.
  expect([exitCode, report.generator.bottleneck]).toEqual(
    report.generator.bottleneck ? [97, true] : [0, false],
  );
  expect(output).toContain(report.verdict.meaning);
});

test("flat out, over several workers, to the last request", async () => {
  const { report } = await run({}, "--closed", "--requests", "1500", "--workers", "2", "--connections", "9");
  expect(report.load).toMatchObject({ sent: 1_500, answered: 1_500 });
  expect(report.audit).toMatchObject({ passed: true });
});

test("a failed audit ends with 96, a missed objective or not", async () => {
  const { exitCode, output } = await run({ fault: "loses a coupon" }, ...short, "--slo", "rate>1000000");
  expect(exitCode).toBe(96);
  expect(output).toMatch(/FAIL.+every acknowledged coupon is in the ledger/);
});

test("a missed objective ends with 99, unless the figures are not the server's", async () => {
  const { exitCode, report } = await run({}, ...short, "--slo", "rate>1000000", "--slo", "errors<1");
  expect(report.objectives.map(({ met }) => met)).toEqual([false, true]);
  expect(exitCode).toBe(report.generator.bottleneck ? 97 : 99);
});

test("errors are counted by code and reason, and what they leave open is asked again", async () => {
  const { report } = await run({ overloadedEvery: 4 }, ...short);
  expect(report.outcomes).toContainEqual({ outcome: "error: UNAVAILABLE (OVERLOADED)", count: 50 });
  expect(report.audit).toMatchObject({ passed: true });
});

test("the page needs nothing from anywhere else", async () => {
  const file = join(folder, "report.html");
  await run({}, ...short, "--html", file);
  const page = await readFile(file, "utf8");
  expect(page.match(/<svg /g)).toHaveLength(3);
  expect(page).not.toMatch(/<script|<link|<img|src=|href=|@import|url\(/);
});

test.each([
  ["under load", ["--rate", "100", "--duration", "10m"], "answers/s"],
  ["in the audit", short, "audit:"],
])("interrupted %s, it ends with 130 and a report without an audit", async (_when, options, sign) => {
  server = await startSmallServer("http1", { fault: "never drains" });
  const running = start("--target", `http://127.0.0.1:${server.port}`, ...options);
  let output = "";
  running.stdout!.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  await expect.poll(() => output, { timeout: 20_000 }).toContain(sign);
  running.kill("SIGINT");
  expect(await once(running, "close")).toEqual([130, null]);
  const report: Report = JSON.parse(await readFile(join(folder, "report.json"), "utf8"));
  expect(report.audit).toBeUndefined();
  expect(report.load.answered).toBeGreaterThan(0);
  expect(output).toContain("Audit: not run");
});

test("a wrong command line ends with 2, a server that is not there with 1", async () => {
  expect(await once(start("--rate", "never"), "close")).toEqual([2, null]);
  server = await startSmallServer("http1");
  server.close();
  expect(await once(start("--target", `http://127.0.0.1:${server.port}`), "close")).toEqual([1, null]);
});
