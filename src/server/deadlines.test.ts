import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";

test("tells of calls that are late, in the order they began, and of no others", async () => {
  const late: string[] = [];
  const deadlines = new Deadlines<{ name: string; startedMs: number }>(40, ({ name }) => late.push(name));
  const startedMs = performance.now();
  const calls = ["a", "b", "c"].map((name, i) => ({ name, startedMs: startedMs + i }));
  for (const call of calls) deadlines.add(call);
  deadlines.delete(calls[1]!);
  await expect.poll(() => late).toEqual(["a", "c"]);
});

test("keeps no process alive that has nothing else to do", () => {
  const url = new URL("./deadlines.ts", import.meta.url);
  const program = `
    import { Deadlines } from ${JSON.stringify(url)};
    new Deadlines(600_000, () => {}).add({ startedMs: performance.now() });`;
  const args = ["--input-type=module", "--eval", program];
  expect(spawnSync(process.execPath, args, { timeout: 60_000 }).status).toBe(0);
});
