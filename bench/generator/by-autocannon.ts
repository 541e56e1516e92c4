import autocannon from "autocannon";
import { type Driven, issueCouponPath, type Target } from "./drive.ts";
import type { Http1Options } from "./http1.ts";
import { digitsOf, requestsOfNewUsers } from "./users.ts";

/** By autocannon, where wrk is not installed. It takes CPU from what it measures, so its figures compare only with each other. */
export async function byAutocannon(
  { url, campaignId, seconds }: Target,
  { contentType, connections }: Http1Options,
): Promise<Driven> {
  const { before, after } = requestsOfNewUsers(campaignId, contentType === "application/json");
  let n = 0;
  const body = () => Buffer.concat([before, Buffer.from(digitsOf(++n)), after]);
  // The body is made anew before each send; answers are counted by hand, because a stop in the middle cuts some off.
  const counted = { ok: 0, other: 0 };
  const startedMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    autocannon(
      {
        url: `${url}${issueCouponPath}`,
        connections,
        duration: seconds,
        timeout: 10,
        sampleInt: 1_000,
        method: "POST",
        headers: { "content-type": contentType },
        setupClient(client) {
          client.setBody(body());
          client.on("response", (status: number) => {
            if (status === 200) counted.ok++;
            else counted.other++;
            client.setBody(body());
          });
        },
      },
      (error) => (error ? reject(error) : resolve()),
    );
  });
  if (counted.other > 0) throw new Error(`${counted.other} answers were not 200`);
  return { answers: counted.ok, seconds: (performance.now() - startedMs) / 1000 };
}
