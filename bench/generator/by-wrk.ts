import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Driven, issueCouponPath, type Target } from "./drive.ts";
import type { Http1Options } from "./http1.ts";
import { requestsOfNewUsers } from "./users.ts";

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
    return { answers: answers!, seconds: microseconds! / 1e6 };
  } finally {
    await rm(dir, { recursive: true });
  }
}

function issueScript({ url, campaignId }: Target, { contentType }: Http1Options): string {
  const { before, after } = requestsOfNewUsers(campaignId, contentType === "application/json");
  const head = [
    `POST ${issueCouponPath} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${before.length + 9 + after.length}`,
    "\r\n",
  ].join("\r\n");
  return `
local n = 0
local before, after = ${luaText(Buffer.concat([Buffer.from(head), before]))}, ${luaText(after)}
local digits = string.format
function request()
  n = n + 1
  return before .. digits("%09d", n) .. after
end
function done(summary)
  local e = summary.errors
  io.write(string.format("done %d %d %d\\n", summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

/** Any bytes as a Lua string: all by number. */
function luaText(bytes: Buffer): string {
  return `"${[...bytes].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("")}"`;
}
