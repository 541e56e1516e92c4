import { CommanderError } from "commander";
import { beforeAll, expect, test, vi } from "vitest";
import { parseOptions } from "./options.ts";

beforeAll(() => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

const refusal = (...args: string[]): string => {
  try {
    parseOptions(args);
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
    throw error;
  }
  return "accepted";
};

test("without options it is a steady open loop against a server of its own", () => {
  expect(parseOptions([])).toMatchObject({
    scenario: "steady",
    closed: false,
    protocol: "connect",
    rate: 1_000,
    durationMs: 10_000,
    requests: 10_000,
    connections: 64,
    objectives: [],
  });
  expect(parseOptions([]).target).toBeUndefined();
});

test.each([
  [["--rate", "50", "--duration", "2m"], { requests: 6_000, durationMs: 120_000 }],
  [["--rate", "50", "--requests", "100"], { requests: 100, durationMs: 2_000 }],
  [["--closed"], { requests: undefined, durationMs: 10_000 }],
  [["--closed", "--requests", "7", "--workers", "9"], { requests: 7, workers: 7 }],
  [["--protocol", "grpc"], { connections: 8 }],
  [["--connections", "2", "--workers", "8"], { workers: 2 }],
  [["--target", "http://[::1]:81"], { target: { host: "::1", port: 81 } }],
  [["--target", "http://127.0.0.1"], { target: { host: "127.0.0.1", port: 80 } }],
  [
    ["--target", "http://example.com:81", "--allow-host", "example.com"],
    { target: { host: "example.com", port: 81 } },
  ],
])("%j", (args, expected) => {
  expect(parseOptions(args)).toMatchObject(expected);
});

test.each([
  [["--rate", "0"], "--rate"],
  [["--rate", "1e3"], "--rate"],
  [["--duration", "10"], "--duration"],
  [["--duration", "10ms"], "--duration"],
  [["--scenario", "riot"], "--scenario"],
  [["--slo", "p99<fast"], "no objective"],
  [["--requests", "5", "--duration", "5s"], "not both"],
  [["--closed", "--rate", "5"], "--closed has no --rate"],
  [["--closed", "--protocol", "grpc"], "HTTP/1.1"],
  [["--closed", "--scenario", "hang-ups"], "open loop"],
  [["--closed", "--timeout", "500ms"], "at least 1s"],
  [["--campaign", "c"], "--target"],
  [["--campaign", "c", "--target", "http://127.0.0.1", "--quota", "5"], "--quota"],
  [["--campaign", "c", "--target", "http://127.0.0.1", "--scenario", "raffle"], "leave out --campaign"],
  [["--mysql-url", "mysql://127.0.0.1/allot"], "--target"],
  [["--mysql-url", "127.0.0.1", "--target", "http://127.0.0.1"], "--mysql-url"],
  [["--target", "https://127.0.0.1"], "--target"],
  [["--target", "127.0.0.1:8080"], "--target"],
  [["--target", "http://127.0.0.1/path"], "--target"],
  [["--target", "http://example.com"], "--allow-host example.com"],
  [["--target", "http://example.com", "--allow-host", "example.org"], "--allow-host example.com"],
  [["--target", "http://0.0.0.0:80"], "--allow-host 0.0.0.0"],
  [["surplus"], "too many arguments"],
  [["--unknown"], "unknown option"],
])("%j is refused with a word on why", (args, why) => {
  expect(refusal(...args)).toContain(why);
});
