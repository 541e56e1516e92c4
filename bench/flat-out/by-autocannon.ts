import { create, toBinary } from "@bufbuild/protobuf";
import autocannon from "autocannon";
import { IssueCouponRequestSchema } from "../../src/gen/allot/v1/coupon_pb.js";
import type { Drive } from "./drive.ts";

let user = 0;

/** A new user with every request, flat out; throws where an answer is not 200, because then it measures something else. */
export async function byAutocannon(
  url: string,
  { campaignId, connections, seconds }: Drive,
): Promise<number> {
  const body = () =>
    Buffer.from(
      toBinary(
        IssueCouponRequestSchema,
        create(IssueCouponRequestSchema, { campaignId, userId: `user-${++user}` }),
      ),
    );
  // The body is made anew before each send; answers are counted by hand, because a stop in the middle cuts some off.
  const counted = { ok: 0, other: 0 };
  const startedMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    autocannon(
      {
        url: `${url}/allot.v1.CouponService/IssueCoupon`,
        connections,
        duration: seconds,
        timeout: 10,
        sampleInt: 1_000,
        method: "POST",
        headers: { "content-type": "application/proto" },
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
  return counted.ok / ((performance.now() - startedMs) / 1000);
}
