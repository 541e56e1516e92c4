import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { Agent, request } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueCouponPath } from "../generator/drive.ts";
import { digitsOf, requestsOfNewUsers } from "../generator/users.ts";
import { median } from "../result.ts";

const requests = 100;
const syncs = 200;
/** About what a batch adds to the append-only file. */
const appendBytes = 4_096;

/** Bytes of a request and of its answer on a connection that is kept open: Connect and protobuf over HTTP/1.1, headers and all. */
export async function trafficOf(
  url: string,
  campaignId: string,
): Promise<{ requests: number; requestBytes: number; answerBytes: number }> {
  const { before, after } = requestsOfNewUsers(campaignId, false);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let socket: Socket | undefined;
  for (let n = 0; n < requests; n++) {
    const body = Buffer.concat([before, Buffer.from(digitsOf(n)), after]);
    const sent = request(new URL(issueCouponPath, url), {
      agent,
      method: "POST",
      headers: { "content-type": "application/proto", "content-length": body.length },
    });
    await new Promise<void>((resolve, reject) => {
      sent.once("socket", (one) => {
        socket = one;
      });
      sent.once("error", reject);
      sent.once("response", (response) => {
        if (response.statusCode !== 200) reject(new Error(`answered with ${response.statusCode}`));
        response.resume().once("end", resolve);
      });
      sent.end(body);
    });
  }
  const { bytesWritten, bytesRead } = socket!;
  agent.destroy();
  return { requests, requestBytes: bytesWritten / requests, answerBytes: bytesRead / requests };
}

/** Microseconds that an append and its sync take where the stores of these benchmarks are. */
export function syncUs(): number {
  const dir = mkdtempSync(join(tmpdir(), "allot-sync-"));
  const file = openSync(join(dir, "appended"), "a");
  const block = Buffer.alloc(appendBytes, 1);
  try {
    const times = Array.from({ length: syncs }, () => {
      const startMs = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      return (performance.now() - startMs) * 1000;
    });
    return median(times);
  } finally {
    closeSync(file);
    rmSync(dir, { recursive: true });
  }
}
