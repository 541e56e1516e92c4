import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Driven, Target } from "./drive.ts";
import type { Http1Options } from "./http1.ts";
import { elementsOfNewUsers, requestsOfNewUsers } from "./users.ts";

/** By wrk, which is far cheaper than a generator in JavaScript: one thread, and a request is two pieces of text with a number in between. */
export async function byWrk(target: Target, options: Http1Options): Promise<Driven> {
  const { url, seconds } = target;
  const dir = await mkdtemp(join(tmpdir(), "allot-wrk-"));
  try {
    const script = join(dir, "issue.lua");
    await writeFile(script, issueScript(target, options));
    const args = ["-t1", `-c${options.connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", script, url];
    const { stdout } = await promisify(execFile)("wrk", args);
    const [, answers, microseconds, failed] = /^done (\d+) (\d+) (\d+)$/m.exec(stdout)!.map(Number);
    if (failed! > 0) throw new Error(`${failed} requests were not answered with 200:\n${stdout}`);
    return { answers: answers! * (options.batch ?? 1), seconds: microseconds! / 1e6 };
  } finally {
    await rm(dir, { recursive: true });
  }
}

function issueScript({ url, campaignId }: Target, { contentType, path, batch }: Http1Options): string {
  const { before, after } =
    batch === undefined
      ? requestsOfNewUsers(campaignId, contentType === "application/json")
      : elementsOfNewUsers(campaignId);
  const bytes = before.length + 9 + after.length;
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${bytes * (batch ?? 1)}`,
    "\r\n",
  ].join("\r\n");
  return `
local n = 0
local head, before, after = ${luaText(Buffer.from(head))}, ${luaText(before)}, ${luaText(after)}
local text, all = string.format, table.concat
${batch === undefined ? oneAtATime : manyAtATime(batch)}
function done(summary)
  local e = summary.errors
  io.write(string.format("done %d %d %d\\n", summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

const oneAtATime = `
before = head .. before
function request()
  n = n + 1
  return before .. text("%09d", n) .. after
end`;

const manyAtATime = (batch: number) => `
local parts = { head }
local between = after .. before
function request()
  for i = 1, ${batch} do
    parts[2 * i] = i == 1 and before or between
    parts[2 * i + 1] = text("%09d", n + i)
  end
  n = n + ${batch}
  parts[${2 * batch + 2}] = after
  return all(parts)
end`;

/** Any bytes as a Lua string: all by number. */
function luaText(bytes: Buffer): string {
  return `"${[...bytes].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("")}"`;
}
