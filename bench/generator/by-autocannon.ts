import autocannon from "autocannon";
import type { Driven, Target } from "./drive.ts";
import type { Http1Options } from "./http1.ts";
import { digitsOf, elementsOfNewUsers, requestsOfNewUsers } from "./users.ts";

/** By autocannon, where wrk is not installed. It takes CPU from what it measures, so its figures compare only with each other. */
export async function byAutocannon(
  { url, campaignId, seconds }: Target,
  { contentType, connections, path, batch }: Http1Options,
): Promise<Driven> {
  const { before, after } =
    batch === undefined
      ? requestsOfNewUsers(campaignId, contentType === "application/json")
      : elementsOfNewUsers(campaignId);
  let n = 0;
  const one = () => [before, Buffer.from(digitsOf(++n)), after];
  const body = () => Buffer.concat(Array.from({ length: batch ?? 1 }, one).flat());
  // The body is made anew before each send; answers are counted by hand, because a stop in the middle cuts some off.
  const counted = { ok: 0, other: 0 };
  const startedMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    autocannon(
      {
        url: `${url}${path}`,
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
  return { answers: counted.ok * (batch ?? 1), seconds: (performance.now() - startedMs) / 1000 };
}
