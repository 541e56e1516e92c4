import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Drive, issueCouponPath, type Target } from "../generator/drive.ts";
import { requestsOfNewUsers } from "../generator/users.ts";

const pauseMs = 50;

/**
 * About so many requests a second: each connection pauses before it asks again, 50 ms on the average, so that the rate hardly depends on how
 * fast it is answered. Only wrk can; the rest of it is as flat out.
 */
export function pacedOverHttp1(perSecond: number): Drive {
  const connections = Math.round((perSecond * pauseMs) / 1000);
  return {
    generator: "wrk",
    inFlight: connections,
    async run(target) {
      const dir = await mkdtemp(join(tmpdir(), "allot-wrk-"));
      try {
        const script = join(dir, "issue.lua");
        await writeFile(script, scriptFor(target));
        const args = [
          "-t1",
          `-c${connections}`,
          `-d${target.seconds}s`,
          "--timeout",
          "10s",
          "-s",
          script,
          target.url,
        ];
        const { stdout } = await promisify(execFile)("wrk", args);
        const [, answers, microseconds, failed] = /^done (\d+) (\d+) (\d+)$/m.exec(stdout)!.map(Number);
        if (failed! > 0) throw new Error(`${failed} requests were not answered with 200:\n${stdout}`);
        return { answers: answers!, seconds: microseconds! / 1e6 };
      } finally {
        await rm(dir, { recursive: true });
      }
    },
  };
}

function scriptFor({ url, campaignId }: Target): string {
  const { before, after } = requestsOfNewUsers(campaignId, false);
  const head = [
    `POST ${issueCouponPath} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    "Content-Type: application/proto",
    `Content-Length: ${before.length + 9 + after.length}`,
    "\r\n",
  ].join("\r\n");
  return `
local n = 0
local before, after = ${luaText(Buffer.concat([Buffer.from(head), before]))}, ${luaText(after)}
function delay()
  return math.random(0, ${2 * pauseMs})
end
function request()
  n = n + 1
  return before .. string.format("%09d", n) .. after
end
function done(summary)
  local e = summary.errors
  io.write(string.format("done %d %d %d\\n", summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

/** Any bytes as a Lua string: all by number. */
const luaText = (bytes: Buffer) =>
  `"${[...bytes].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("")}"`;
