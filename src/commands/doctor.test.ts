import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../config.ts";
import { registerDoctor } from "./doctor.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "allot-doctor-"));
  mkdirSync(join(dir, "data"), { mode: 0o700 });
});
afterEach(() => {
  rmSync(dir, { recursive: true });
  process.exitCode = undefined;
});

async function doctor(...args: string[]): Promise<{ said: string; exitCode: unknown }> {
  const output = new PassThrough();
  const program = new Command();
  registerDoctor(program, { loadConfig: () => loadConfig({ ALLOT_DATA: join(dir, "data") }), output });
  process.exitCode = undefined;
  await program.parseAsync(["doctor", ...args], { from: "user" });
  output.end();
  return { said: await text(output), exitCode: process.exitCode };
}

function exposeKey(): void {
  const key = join(dir, "data", "master.key");
  writeFileSync(key, "");
  chmodSync(key, 0o644);
}

test("exits with 1 exactly where something is bad", async () => {
  const before = await doctor();
  expect(before.exitCode).toBe(undefined);
  expect(before.said).toContain("Safe: ");
  exposeKey();
  const after = await doctor();
  expect(after.exitCode).toBe(1);
  expect(after.said).toContain(`→ chmod 600 ${join(dir, "data", "master.key")}`);
});

test("--json tells the same to a program", async () => {
  exposeKey();
  const { said, exitCode } = await doctor("--json");
  expect(exitCode).toBe(1);
  const { findings } = JSON.parse(said);
  expect(findings).toContainEqual({
    about: "data folder",
    check: "files",
    level: "bad",
    found: "open to other users: master.key",
    why: expect.any(String),
    remedy: `chmod 600 ${join(dir, "data", "master.key")}`,
  });
});
