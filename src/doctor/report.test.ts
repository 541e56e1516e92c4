import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import type { Finding } from "./finding.ts";
import { report } from "./report.ts";

const fine: Finding = {
  about: "Redis",
  check: "role",
  level: "ok",
  found: "master",
  why: "Only a master takes writes.",
};
const bad: Finding = {
  about: "MySQL",
  check: "sync_binlog",
  level: "bad",
  found: "0",
  why: "A crash loses commits.",
  remedy: "SET PERSIST sync_binlog = 1.",
};

afterEach(() => vi.unstubAllEnvs());

test("says what is wrong, why it matters and what to do, and nothing more of what is right", () => {
  expect(report([fine, bad], new PassThrough())).toBe(
    [
      "Redis",
      "  ok    role         master",
      "",
      "MySQL",
      "  bad   sync_binlog  0",
      "        A crash loses commits.",
      "        → SET PERSIST sync_binlog = 1.",
      "",
      "Not safe: 1 of 2 must be changed.",
      "",
    ].join("\n"),
  );
  expect(report([fine], new PassThrough())).toContain("Safe: nothing here breaks a promise.\n");
});

test("has colours on a terminal only, and the same text", () => {
  for (const name of ["NO_COLOR", "NODE_DISABLE_COLORS", "FORCE_COLOR"]) vi.stubEnv(name, undefined);
  const terminal = Object.assign(new PassThrough(), {
    isTTY: true,
    getColorDepth: () => 8,
    hasColors: () => true,
  });
  const coloured = report([fine, bad], terminal);
  expect(coloured).toContain("\u001b[");
  expect(stripVTControlCharacters(coloured)).toBe(report([fine, bad], new PassThrough()));
});
