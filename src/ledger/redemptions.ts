import type { CouponState, Redemption, RedemptionReason, RedemptionRequest } from "../campaign/redemption.ts";
import type { CouponRow } from "./entries.ts";
import type { Mutation } from "./mutation.ts";

/**
 * What became of coupons after they were issued. One clock decides for all servers when a reservation lapses and a coupon expires: the
 * database's, read once a transaction has the coupons to itself.
 */
export interface Redemptions {
  /**
   * Decides what orders ask, those about one coupon in their order, all in one transaction. Undefined: there is no such coupon, as far as
   * the ledger knows.
   */
  redeem(asks: RedemptionAsk[]): Promise<(RedemptionAnswer | undefined)[]>;
  /** What became of coupons, in any order, at one moment; those that nobody touched are not there. */
  redemptions(keys: CouponKey[]): Promise<{ nowMs: number; touched: (CouponKey & Redemption)[] }>;
  /** The campaign that a serial is reserved for, so that it may have been handed out before the ledger knows of it; undefined: none. */
  campaignOfSerial(key: CouponKey): Promise<{ no: number; partitions: number } | undefined>;

  /** Takes a coupon back, for good, and where its quota is returned lets one more be lent in its place. */
  revoke(revocation: Revocation, mutation: Mutation | undefined): Promise<Revoked>;
  /** Coupons whose quota was returned, while the store may still count them against their users' limits. */
  unreleased(limit: number): Promise<CouponRow[]>;
  isUnreleased(coupon: Pick<CouponRow, "campaignNo" | "serial">): Promise<boolean>;
  /** The store counts it no more. */
  released(coupon: Pick<CouponRow, "campaignNo" | "serial">): Promise<void>;
  /** The serials of some campaigns whose quota was returned, by campaign: their entries count no more. */
  returned(campaignNos: number[]): Promise<Map<number, Set<number>>>;
}

export interface CouponKey {
  spaceNo: number;
  serial: number;
}

export interface RedemptionAsk extends CouponKey, Pick<RedemptionRequest, "act" | "orderId" | "ttlMs"> {
  /** Of the user that the caller named; undefined: it named none. */
  userHash: Buffer | undefined;
}

export type RedemptionAnswer =
  | { kind: "coupon"; coupon: CouponNow; replayed: boolean }
  | { kind: "refused"; reason: RedemptionReason; retryMs: number | undefined };

/** A coupon as it is at one moment, but for its code. */
export interface CouponNow {
  campaignId: string;
  prizeId: string;
  /** Empty: it was issued to nobody in particular, or to somebody who was erased. */
  userId: string;
  issueMs: number;
  /** Undefined: it does not expire. */
  expireMs: number | undefined;
  state: CouponState;
  redemption: Redemption;
}

export interface Revocation extends CouponKey {
  reason: string;
  returnQuota: boolean;
}

export type Revoked =
  /** Or it was revoked already: then nothing changed. */
  | { kind: "revoked" }
  | { kind: "not-found" }
  /** The quota can't be returned: its campaign gives out codes that were made ahead, one by one. */
  | { kind: "code-pool" }
  /** The quota can't be returned: the code space has no serial left. */
  | { kind: "no-room" }
  | { kind: "repeated" };
