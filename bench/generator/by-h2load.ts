import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Driven, issueCouponPath, type Target } from "./drive.ts";
import { grpcFrame } from "./grpc-frame.ts";
import type { Http2Options } from "./http2.ts";
import { digitsOf, requestsOfNewUsers } from "./users.ts";

/** By h2load, one thread. It sends one body all the time, so the campaign must have no limit per user; it does not read gRPC's status. */
export async function byH2load(
  { url, campaignId, seconds }: Target,
  { connections, streams }: Http2Options,
): Promise<Driven> {
  const dir = await mkdtemp(join(tmpdir(), "allot-h2load-"));
  try {
    const body = join(dir, "body");
    const { before, after } = requestsOfNewUsers(campaignId, false);
    await writeFile(body, grpcFrame(Buffer.concat([before, Buffer.from(digitsOf(1)), after])));
    const { stdout } = await promisify(execFile)("h2load", [
      ...["-t1", `-c${connections}`, `-m${streams}`, `-D${seconds}s`, "-d", body],
      ...["-H", "content-type: application/grpc", "-H", "te: trailers"],
      `${url}${issueCouponPath}`,
    ]);
    const [, done, ok, failed, broken] =
      /^requests: .*?(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored/m.exec(stdout)!.map(Number);
    if (ok !== done || failed! > 0 || broken! > 0) throw new Error(`not every answer was 200:\n${stdout}`);
    return { answers: ok!, seconds };
  } finally {
    await rm(dir, { recursive: true });
  }
}
