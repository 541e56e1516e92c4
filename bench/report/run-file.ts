import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Result } from "../result.ts";
import type { Machine } from "./machine.ts";

/** What a run leaves behind: bench/results/<commit>.json. */
export interface Run {
  /** With "-changed" where the checkout is not what was committed. */
  commit: string;
  machine: Machine;
  results: Record<string, Result & { date: string }>;
}

const folder = join(import.meta.dirname, "../results");
const fileOf = (commit: string) => join(folder, `${commit}.json`);
/** What the benchmarks write themselves changes nothing that they measure. */
const written = [":!docs/performance.md", ":!docs/performance", ":!docs/scale.md"];

export function currentCommit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { encoding: "utf8", cwd: import.meta.dirname }).trim();
  const changed = git("status", "--porcelain", "--", ":/", ...written) !== "";
  return git("rev-parse", "--short", "HEAD") + (changed ? "-changed" : "");
}

/** A commit's file so far; of a changed checkout none, because it may have been changed since. */
export function beginRun(commit: string, machine: Machine): Run {
  const before = commit.endsWith("-changed") ? undefined : readRun(commit);
  const goOn = before && isDeepStrictEqual(before.machine, machine);
  return goOn ? before : { commit, machine, results: {} };
}

export function saveRun(run: Run): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(run.commit), `${JSON.stringify(run, undefined, 2)}\n`);
}

export function readRun(commit: string): Run | undefined {
  return existsSync(fileOf(commit)) ? (JSON.parse(readFileSync(fileOf(commit), "utf8")) as Run) : undefined;
}

export function savedCommits(): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
}
