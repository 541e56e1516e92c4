import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Campaign } from "../campaign/campaign.ts";
import { expiresAt } from "../campaign/coupon-expiry.ts";
import {
  type Coupon,
  type IssueCouponRequest,
  type IssueCouponResponse,
  Coupon_State as State,
} from "../gen/allot/v1/coupon_pb.js";
import { Reason, type Refusal } from "../gen/allot/v1/refusal_pb.js";
import type { KnownCampaign } from "../issuing/known-campaigns.ts";
import type { Issued } from "../issuing/request.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type Fault, fault } from "./errors.ts";

/**
 * What a request is answered: an outcome, or a fault where the caller has to do something about it. Messages are written out, because there are
 * so many of them: `create` would look at each field of each.
 */
export function answerOf(
  request: IssueCouponRequest,
  issued: Issued,
  { campaign }: Pick<KnownCampaign, "campaign">,
): IssueCouponResponse | Fault {
  switch (issued.kind) {
    case "entry":
      throw new Error("a take that could only give coupons gave none");
    case "coupon":
      return {
        $typeName: "allot.v1.IssueCouponResponse",
        outcome: {
          case: "coupon",
          value: issuedCoupon(request, issued, campaign),
        },
        replayed: issued.replayed,
      };
    case "refusal":
      return {
        $typeName: "allot.v1.IssueCouponResponse",
        outcome: { case: "refusal", value: refusalMessage(issued) },
        replayed: false,
      };
    default:
      return undecided(request, issued);
  }
}

/** A coupon as it was issued a moment ago. */
export function issuedCoupon(
  { campaignId, userId }: { campaignId: string; userId: string },
  { code, prizeId, issueMs }: Extract<Issued, { kind: "coupon" }>,
  campaign: Pick<Campaign, "couponExpiry">,
): Coupon {
  const expireMs = expiresAt(campaign, issueMs);
  return {
    $typeName: "allot.v1.Coupon",
    code,
    campaignId,
    prizeId,
    userId,
    state: State.ISSUED,
    issueTime: issueTime(issueMs),
    ...(expireMs !== undefined && { expireTime: timestampFromMs(expireMs) }),
    orderId: "",
    revokeReason: "",
  };
}

/** What the caller has to do something about, of any request that takes. */
export function undecided(
  { campaignId }: { campaignId: string },
  issued: Extract<Issued, { kind: "reused" | "ledger-behind" | "not-found" }>,
): Fault {
  switch (issued.kind) {
    case "reused":
      return fault(
        "REQUEST_ID_REUSED",
        "request_id: it was used before with other fields; take a new one for a new request",
      );
    case "ledger-behind":
      return fault(
        "LEDGER_BEHIND",
        "too much is on its way to the ledger; try again with the same request_id",
      );
    case "not-found":
      return campaignNotFound(campaignId);
  }
}

/** Written out too. */
export function refusalMessage({ reason, retryMs }: Extract<Issued, { kind: "refusal" }>): Refusal {
  return {
    $typeName: "allot.v1.Refusal",
    reason: Reason[reason],
    ...(retryMs !== undefined && { retryTime: timestampFromMs(retryMs) }),
  };
}

let latest: { ms: number; time: Timestamp } | undefined;

/** Coupons of one batch are of the same instant. */
export function issueTime(ms: number): Timestamp {
  if (latest?.ms !== ms) latest = { ms, time: timestampFromMs(ms) };
  return latest.time;
}
