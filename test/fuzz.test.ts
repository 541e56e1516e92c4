import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fuzz } from "./fuzz/fuzz.ts";
import { subjects } from "./fuzz/subject.ts";

/** A slice: the seed is another one each day, so that more than the same inputs are tried over time; a failure prints it. */
const seed = Math.floor(Date.now() / 86_400_000);

test("generated bad inputs find nothing", { timeout: 240_000 }, async () => {
  const inputs = 1_500;
  const findsDir = await mkdtemp(join(tmpdir(), "allot-finds-"));
  const lines: string[] = [];
  const summary = await fuzz({ inputs, seed, subjects, findsDir, tell: (line) => lines.push(line) });
  expect(summary.finds, `seed ${seed}; kept in ${findsDir}:\n${lines.join("\n")}`).toBe(0);
  expect(summary.inputs).toBe(inputs);
  // It got somewhere: code ran that no other input had reached, and not everything was refused.
  expect(summary.kept).toBeGreaterThan(100);
  expect(summary.accepted).toBeGreaterThan(100);
  onTestFinished(() => rm(findsDir, { recursive: true }));
});
