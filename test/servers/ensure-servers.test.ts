import { afterEach, expect, test, vi } from "vitest";
import { ensureServers } from "./ensure-servers.ts";

afterEach(() => vi.unstubAllEnvs());

test("a program named by a variable must be there", () => {
  vi.stubEnv("MYSQLD", "/nowhere/mysqld");
  expect(ensureServers).toThrow("MYSQLD=/nowhere/mysqld is not a program that can be run");
});

test("where nothing may be installed, the error is the one line to type", () => {
  vi.stubEnv("REDIS_SERVER", "");
  vi.stubEnv("PATH", "/nowhere");
  expect(ensureServers).toThrow(
    /^redis-server is not installed\. Type: sudo apt-get update && sudo apt-get install .+$/,
  );
});
