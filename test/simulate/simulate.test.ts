import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

/** The simulator in a process of its own: what it printed, and whether it found something. */
function simulate(...args: string[]): Promise<{ output: string; found: boolean }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ output: stdout + stderr, found: error !== null }),
    );
  });
}

describe("the simulator", { timeout: 120_000 }, () => {
  test("finds nothing wrong", async () => {
    const { output, found } = await simulate("--seeds", "60");
    expect(output).toContain("60 seeds, 0 failed");
    expect(found).toBe(false);
  });

  test("replays a seed exactly, alone or among others", async () => {
    const digests = (output: string) => [...output.matchAll(/"digest":"(\w+)"/g)].map(([, digest]) => digest);
    const alone = await simulate("--seed", "12");
    const among = await simulate("--seeds", "3", "--from", "10", "--verbose");
    expect(digests(alone.output)).toHaveLength(1);
    expect(digests(among.output)[2]).toBe(digests(alone.output)[0]);
  });

  test.each([
    "fence: a restarted process goes on by its data",
    "lane numbers: a batch that is asked for again is taken again",
    "trim after commit: the outbox is trimmed when it was read",
    "block numbers: a block goes into a pool as often as it is pushed",
  ])("finds it when a mechanism is taken out: %s", async (name) => {
    const { output, found } = await simulate("--mutate", name, "--seeds", "150");
    expect(output).toMatch(/seed \d+: /);
    expect(found).toBe(true);
  });
});
