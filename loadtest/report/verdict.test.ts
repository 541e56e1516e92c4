import { expect, test } from "vitest";
import type { Report } from "./report.ts";
import { decide } from "./verdict.ts";

const report = (audit: boolean | undefined, bottleneck: boolean, met: boolean) =>
  ({
    ...(audit !== undefined && { audit: { passed: audit, checks: [] } }),
    generator: { bottleneck },
    objectives: [
      { text: "", actual: "", met: true },
      { text: "", actual: "", met },
    ],
  }) as unknown as Report;

test.each([
  ["all is well", report(true, false, true), 0],
  ["an objective missed", report(true, false, false), 99],
  ["the load test too slow, so that the objective was not judged", report(true, true, false), 97],
  ["a failed audit, whatever else", report(false, true, false), 96],
  ["interrupted before the audit", report(undefined, true, false), 130],
])("%s", (_case, given, exitCode) => {
  expect(decide(given)).toMatchObject({ exitCode, passed: exitCode === 0 });
});
