// Runs the README's commands as a newcomer would: in a copy of the tracked files, without the settings of this machine.
//
//   node scripts/readme-check.ts [FILE]
//
// A ```sh block runs when the line above it is `<!-- check -->`. Under `<!-- check: server -->` it starts a server, which the
// later blocks talk to; it is given a free port, and every 8080 in a block becomes that port. An HTTP error fails curl.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../test/servers/free-port.ts";

const BLOCK_WITHIN_MS = 300_000;
const READY_WITHIN_MS = 120_000;

interface Block {
  line: number;
  isServer: boolean;
  script: string;
}

function checkedBlocks(markdown: string): Block[] {
  const marked = /^<!-- check(?<server>: server)? -->\n+```sh\n(?<script>[\s\S]*?)^```$/gm;
  return [...markdown.matchAll(marked)].map(({ index, groups }) => ({
    line: markdown.slice(0, index).split("\n").length,
    isServer: groups!.server !== undefined,
    script: groups!.script!.trimEnd(),
  }));
}

/** Copies what git tracks, as it stands in the working tree. */
function copyTracked(target: string): void {
  const files = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of files) cpSync(file, join(target, file));
}

/** In a process group of its own, so that what it starts ends with it. */
function start(
  script: string,
  env: NodeJS.ProcessEnv,
  cwd: string,
): { child: ChildProcess; output(): string } {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd, env, detached: true });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
  return { child, output: () => Buffer.concat(chunks).toString() };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  process.kill(-child.pid!, "SIGTERM");
  await gone;
}

async function isReady(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}

/** Resolves to what went wrong, if anything did. */
async function finish({ child }: { child: ChildProcess }): Promise<string | undefined> {
  const overdue = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), BLOCK_WITHIN_MS);
  const [code, signal] = await once(child, "close");
  clearTimeout(overdue);
  if (code !== 0) return `it ended with ${signal ?? `code ${code}`}`;
}

async function becomeReady({ child }: { child: ChildProcess }, port: number): Promise<string | undefined> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(port))) {
    if (child.exitCode !== null) return `it ended with code ${child.exitCode} instead of serving`;
    if (Date.now() > deadline) return `/readyz was not 200 within ${READY_WITHIN_MS} ms`;
    await delay(100);
  }
}

/** Neither this project's Node nor its settings: a newcomer has only the system's Node. */
function newcomersEnvironment(added: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { REDIS_URL, MYSQL_URL, PATH = "", ...rest } = process.env;
  const folders = PATH.split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return { ...rest, PATH: folders.join(delimiter), ...added };
}

async function check(file: string): Promise<boolean> {
  const blocks = checkedBlocks(readFileSync(file, "utf8"));
  if (blocks.length === 0) {
    console.error(`${file} has no block marked <!-- check -->`);
    return false;
  }
  const temporary = mkdtempSync(join(tmpdir(), "allot-readme-"));
  const copy = join(temporary, "copy");
  mkdirSync(copy);
  copyTracked(copy);
  writeFileSync(join(temporary, ".curlrc"), "fail-with-body\nsilent\nshow-error\n");

  const port = await freePort();
  const env = newcomersEnvironment({ PORT: String(port), CURL_HOME: temporary });
  let server: ChildProcess | undefined;
  try {
    for (const { line, isServer, script } of blocks) {
      if (isServer && server) await end(server);
      const begun = performance.now();
      const run = start(script.replaceAll("8080", String(port)), env, copy);
      if (isServer) server = run.child;
      const failure = isServer ? await becomeReady(run, port) : await finish(run);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      console.log(`${failure ? "FAILED" : "ok"}  ${file}:${line}  ${seconds} s  ${script.split("\n")[0]}`);
      if (failure) {
        console.error(`${failure}\n${run.output()}`);
        return false;
      }
    }
    return true;
  } finally {
    if (server) await end(server);
    rmSync(temporary, { recursive: true, force: true });
  }
}

process.exitCode = (await check(process.argv[2] ?? "README.md")) ? 0 : 1;
