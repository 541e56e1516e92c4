import type { Duration } from "@bufbuild/protobuf/wkt";
import type { Campaign as CampaignMessage } from "../gen/allot/v1/campaign_pb.js";
import type { Campaign, CouponExpiry } from "./campaign.ts";
import type { Problem } from "./problem.ts";
import { msNotAfter, timeProblem } from "./time.ts";

const yearSeconds = 366n * 86_400n;
const maxSeconds = 100n * yearSeconds;

/** When coupons expire, as asked for; adds what is wrong with it to `problems`. */
export function couponExpiryOf(
  { couponExpiry }: CampaignMessage,
  problems: Problem[],
): CouponExpiry | undefined {
  const add = (field: string, problem: string) => problems.push({ field: `campaign.${field}`, problem });
  switch (couponExpiry.case) {
    case undefined:
      return undefined;
    case "couponExpireTime": {
      const problem = timeProblem(couponExpiry.value);
      if (problem !== undefined) add("coupon_expire_time", problem);
      return { kind: "at", ms: problem === undefined ? msNotAfter(couponExpiry.value) : 0 };
    }
    case "couponLifetime": {
      const { seconds, nanos } = couponExpiry.value;
      if (seconds < 0n || nanos < 0 || nanos > 999_999_999 || (seconds === 0n && nanos < 1_000_000)) {
        add("coupon_lifetime", "It must be at least a millisecond.");
      } else if (seconds > maxSeconds) add("coupon_lifetime", "It can be 100 years at most.");
      return { kind: "after", ms: msOf(couponExpiry.value) };
    }
  }
}

const msOf = ({ seconds, nanos }: Duration) => Number(seconds) * 1_000 + Math.floor(nanos / 1e6);

/** From when on a coupon issued at an instant can't be redeemed; undefined: never. */
export function expiresAt(
  { couponExpiry }: Pick<Campaign, "couponExpiry">,
  issueMs: number,
): number | undefined {
  if (couponExpiry === undefined) return undefined;
  return couponExpiry.kind === "at" ? couponExpiry.ms : issueMs + couponExpiry.ms;
}
