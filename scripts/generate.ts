// `npm run generate` writes src/gen from proto/. With `-- --check` it writes elsewhere instead, and fails if src/gen differs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "..");
const binaries = join(root, "node_modules", ".bin");

function run(command: string, args: string[]): boolean {
  const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` };
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: "inherit" });
  if (error) throw error;
  return status === 0;
}

function check(): boolean {
  const fresh = mkdtempSync(join(tmpdir(), "allot-gen-"));
  try {
    if (!run("buf", ["generate", "--output", fresh])) return false;
    if (run("git", ["--no-pager", "diff", "--no-index", "--stat", "src/gen", join(fresh, "src/gen")]))
      return true;
    console.error("src/gen is not what proto/ generates. Type: npm run generate");
    return false;
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

const ok = process.argv.includes("--check") ? check() : run("buf", ["generate"]);
process.exitCode = ok ? 0 : 1;
