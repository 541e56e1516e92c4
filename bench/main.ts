/**
 * `npm run bench`: what the service must reach, against Redis (appendfsync always) and MariaDB on the same machine, the drain running.
 *
 *   paced      1,000 requests/s for a minute, open loop: p99 under 10 ms, nothing refused, audit PASS
 *   flat-out   issuing ÷ a connect-node server that does nothing, in turns: at least 0.75
 *   sale       100,000 coupons, 300,000 requests from 200,000 users over 256 connections: exactly 100,000 issued
 *
 * `-- paced` and so on runs one of them. Writes bench/results/<commit>.json; exits with 1 where a line is missed.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { ensureServers } from "../test/servers/ensure-servers.ts";
import { startMysql } from "../test/servers/mysql.ts";
import { startRedis } from "../test/servers/redis.ts";
import { flatOut } from "./flat-out/flat-out.ts";
import { paced } from "./paced.ts";
import type { Bench, Result } from "./result.ts";
import { sale } from "./sale.ts";

const all: Record<string, Bench> = { paced, "flat-out": flatOut, sale };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(all, name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are ${Object.keys(all).join(", ")}.`);
  process.exit(2);
}

ensureServers();
const results: Record<string, Result> = {};
for (const [name, bench] of Object.entries(all)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  // Fresh servers for each: what one leaves behind is no burden for the next.
  const [redis, mysql] = await Promise.all([startRedis(), startMysql()]);
  try {
    const result = await bench({ REDIS_URL: redis.url, MYSQL_URL: mysql.url });
    results[name] = result;
    for (const { what, measured, bound, passed } of result.lines) {
      console.log(`${passed ? "PASS" : "FAIL"}  ${what}: ${measured} (${bound})`);
    }
  } finally {
    await Promise.all([redis.stop(), mysql.stop()]);
  }
}

const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
const commit = git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "-changed");
const machine = { node: process.version, processor: cpus()[0]?.model.trim(), cores: cpus().length };
mkdirSync("bench/results", { recursive: true });
const file = `bench/results/${commit}.json`;
writeFileSync(
  file,
  `${JSON.stringify({ commit, date: new Date().toISOString(), machine, results }, undefined, 2)}\n`,
);
console.log(`\nwritten to ${file}`);
if (Object.values(results).some(({ lines }) => lines.some(({ passed }) => !passed))) process.exit(1);
process.exit(0);
