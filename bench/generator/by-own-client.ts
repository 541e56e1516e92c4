import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Driven, Target } from "./drive.ts";
import type { Http2Options } from "./http2.ts";
import type { ClientOptions, Tally } from "./http2-client/main.ts";
import { requestsOfNewUsers } from "./users.ts";

const program = fileURLToPath(new URL("./http2-client/main.ts", import.meta.url));

/** By a client of our own, in a process of its own, which writes frames by hand and costs about as little as h2load. */
export async function byOwnClient(
  { url, campaignId, seconds }: Target,
  { connections, streams }: Http2Options,
): Promise<Driven> {
  const { before, after } = requestsOfNewUsers(campaignId, false);
  const options: ClientOptions = {
    port: Number(new URL(url).port),
    connections,
    streams,
    seconds,
    before: before.toString("base64"),
    after: after.toString("base64"),
  };
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(options)]);
  const { coupons, others, seconds: took } = JSON.parse(stdout) as Tally;
  if (others > 0) throw new Error(`${others} answers were not a coupon`);
  return { answers: coupons, seconds: took };
}
