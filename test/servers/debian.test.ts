import { afterEach, expect, test, vi } from "vitest";
import { ensureDebian } from "./debian.ts";

afterEach(() => vi.unstubAllEnvs());

test("what is there is left alone", () => {
  vi.stubEnv("PATH", "/nowhere");
  expect(() => ensureDebian(["chromium"], () => true)).not.toThrow();
});

test("where nothing may be installed, the error is the one line to type", () => {
  vi.stubEnv("PATH", "/nowhere");
  expect(() => ensureDebian(["chromium"], () => false)).toThrow(
    /^chromium is not installed\. Type: sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium$/,
  );
});
