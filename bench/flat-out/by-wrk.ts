import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Drive } from "./drive.ts";

let run = 0;

/** The same by wrk, which is far cheaper than a generator in JavaScript. */
export async function byWrk(url: string, { campaignId, connections, seconds }: Drive): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), "allot-wrk-"));
  try {
    const script = join(dir, "issue.lua");
    await writeFile(script, issueScript(campaignId, ++run));
    const target = `${url}/allot.v1.CouponService/IssueCoupon`;
    const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, target];
    const { stdout } = await promisify(execFile)("wrk", args);
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`not every answer was 200:\n${stdout}`);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1]);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** IssueCouponRequest by hand: field 1 campaign_id, field 2 user_id, each with its length in a byte. */
function issueScript(campaignId: string, run: number): string {
  return `
local n = 0
local headers = { ["Content-Type"] = "application/proto" }
local start = "\\10\\${campaignId.length}${campaignId}\\18\\15"
request = function()
  n = n + 1
  return wrk.format("POST", nil, headers, start .. string.format("u%05d%09d", ${run}, n))
end
`;
}
