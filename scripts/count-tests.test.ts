import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

function count(files: Record<string, { status: string; tests: string[] }>) {
  const dir = mkdtempSync(join(tmpdir(), "allot-count-"));
  const testResults = Object.entries(files).map(([name, { status, tests }]) => ({
    name,
    status,
    assertionResults: tests.map((outcome, i) => ({ fullName: `test ${i}`, status: outcome })),
  }));
  writeFileSync(join(dir, "report.json"), JSON.stringify({ testResults }));
  const script = join(import.meta.dirname, "count-tests.ts");
  const { stdout, stderr } = spawnSync(process.execPath, [script, join(dir, "report.json")], {
    encoding: "utf8",
  });
  rmSync(dir, { recursive: true });
  return { counted: stdout.trim(), said: stderr.trim() };
}

test("counts tests, not files, and names what was skipped", () => {
  const { counted, said } = count({
    "a.test.ts": { status: "passed", tests: ["passed", "passed", "skipped"] },
    "b.test.ts": { status: "failed", tests: ["passed", "failed", "failed"] },
  });
  expect(counted).toBe("3 2");
  expect(said).toBe("skipped: a.test.ts: test 2");
});

test("a file that did not load, or whose set-up failed, counts as one failure", () => {
  const { counted } = count({
    "no-load.test.ts": { status: "failed", tests: [] },
    "no-setup.test.ts": { status: "failed", tests: ["skipped", "skipped"] },
  });
  expect(counted).toBe("0 2");
});
