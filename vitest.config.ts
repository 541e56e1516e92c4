import { defineConfig } from "vitest/config";

const all = "{src,test,loadtest,scripts}/**/*.test.ts";
const redis = "{src,test,loadtest,scripts}/**/*.redis.test.ts";
const mysql = "{src,test,loadtest,scripts}/**/*.mysql.test.ts";

// A test file's name says what it needs, so a run of plain tests starts no server.
export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    reporters: process.env.TEST_REPORT
      ? ["default", ["json", { outputFile: process.env.TEST_REPORT }]]
      : ["default"],
    projects: [
      { test: { name: "plain", include: [all], exclude: [redis, mysql] } },
      { test: { name: "redis", include: [redis], exclude: [mysql] } },
      { test: { name: "mysql", include: [mysql], globalSetup: ["test/servers/shared-mysql.ts"] } },
    ],
  },
});
