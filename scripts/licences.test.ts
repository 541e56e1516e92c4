import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { isAllowed, refusedLicences } from "./licences.ts";

const allowed = new Set(["MIT", "Apache-2.0", "Zlib"]);

describe("a licence expression", () => {
  test.each([
    "MIT",
    "MIT OR GPL-3.0",
    "(GPL-3.0 OR MIT) AND Zlib",
    "(MIT AND Zlib)",
    "GPL-3.0 OR (MIT AND Zlib)",
  ])("can be met: %s", (expression) => expect(isAllowed(expression, allowed)).toBe(true));
  test.each([
    "GPL-3.0",
    "MIT AND GPL-3.0",
    "(MIT OR Zlib) AND GPL-3.0",
    "SEE LICENSE IN LICENSE",
    "UNLICENSED",
  ])("can't: %s", (expression) => expect(isAllowed(expression, allowed)).toBe(false));
  test.each(["", "(MIT", "MIT)", "MIT Zlib", "OR MIT", "MIT OR"])("can't be read: %s", (expression) =>
    expect(isAllowed(expression, allowed)).toBe(false),
  );
});

describe("packages", () => {
  const absent = () => undefined;
  const one = (license: string | undefined, more: object = {}) => ({
    packages: { "": { license: "MIT" }, "node_modules/a/node_modules/@b/c": { license, ...more } },
  });

  test("with a licence that asks for more than its notice are refused, by name", () => {
    expect(refusedLicences(one("GPL-3.0-only"), absent)).toEqual([{ name: "@b/c", licence: "GPL-3.0-only" }]);
    expect(refusedLicences(one("MIT"), absent)).toEqual([]);
  });
  test("without one are refused", () => {
    expect(refusedLicences(one(undefined), absent)).toEqual([{ name: "@b/c", licence: "none" }]);
  });
  test("that are tools alone may be under the MPL", () => {
    expect(refusedLicences(one("MPL-2.0", { dev: true }), absent)).toEqual([]);
    expect(refusedLicences(one("MPL-2.0"), absent)).toHaveLength(1);
  });
  test("that say something else than the lock file are refused for it", () => {
    expect(refusedLicences(one("MIT"), () => "AGPL-3.0")).toEqual([{ name: "@b/c", licence: "AGPL-3.0" }]);
  });
  test("of this project are all allowed", () => {
    const script = new URL("licence-check.ts", import.meta.url).pathname;
    expect(execFileSync(process.execPath, [script], { encoding: "utf8" })).toMatch(
      /^licences: \d+ packages, all allowed$/m,
    );
  });
});
