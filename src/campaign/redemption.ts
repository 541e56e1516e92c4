import type { Reason } from "./reason.ts";

/** What became of a coupon since it was issued. Times are milliseconds since the Unix epoch. */
export interface Redemption {
  /** Of the last reservation, or of the redemption; empty: it was released, or there was none. */
  orderId: string;
  /** Until when that reservation holds; undefined: there is none. */
  reserveUntilMs: number | undefined;
  redeemMs: number | undefined;
  revokeMs: number | undefined;
  revokeReason: string;
}

export const untouched: Redemption = {
  orderId: "",
  reserveUntilMs: undefined,
  redeemMs: undefined,
  revokeMs: undefined,
  revokeReason: "",
};

/** What an order wants of a coupon. */
export interface RedemptionRequest {
  act: "reserve" | "confirm" | "release" | "redeem";
  orderId: string;
  /** Of a reservation. */
  ttlMs: number;
  /** The caller named a user whom the coupon was not issued to. */
  isOthers: boolean;
}

export type RedemptionReason = Extract<
  Reason,
  | "ALREADY_REDEEMED"
  | "COUPON_EXPIRED"
  | "COUPON_REVOKED"
  | "COUPON_RESERVED"
  | "RESERVATION_LAPSED"
  | "NOT_OWNER"
>;

export type RedemptionOutcome =
  | { kind: "done"; redemption: Redemption }
  /** It was so already, by this order; nothing changes. */
  | { kind: "replayed" }
  | { kind: "refused"; reason: RedemptionReason; retryMs: number | undefined };

/**
 * The rules of redemption. An order's own success is repeated before it matters that the coupon expired since; a revoked one is refused to
 * everybody. A reservation holds for less than its time where the coupon expires earlier, so that what is held can be redeemed.
 */
export function decideRedemption(
  before: Redemption,
  { act, orderId, ttlMs, isOthers }: RedemptionRequest,
  expireMs: number | undefined,
  nowMs: number,
): RedemptionOutcome {
  if (isOthers) return refused("NOT_OWNER");
  if (before.revokeMs !== undefined) return refused("COUPON_REVOKED");
  const isOwn = before.orderId === orderId;
  if (before.redeemMs !== undefined) {
    return isOwn && act !== "release" ? { kind: "replayed" } : refused("ALREADY_REDEEMED");
  }
  const isHeld = before.reserveUntilMs !== undefined && nowMs < before.reserveUntilMs;
  if (act !== "release" && isExpired(expireMs, nowMs)) return refused("COUPON_EXPIRED");
  if (isHeld && !isOwn) return refused("COUPON_RESERVED", before.reserveUntilMs);
  switch (act) {
    case "reserve":
      if (isHeld) return { kind: "replayed" };
      return done({ orderId, reserveUntilMs: Math.min(nowMs + ttlMs, expireMs ?? Number.POSITIVE_INFINITY) });
    case "confirm":
      return isHeld ? done({ orderId, redeemMs: nowMs }) : refused("RESERVATION_LAPSED");
    case "release":
      return isHeld ? done({}) : { kind: "replayed" };
    case "redeem":
      return done({ orderId, redeemMs: nowMs });
  }
}

const done = (change: Partial<Redemption>): RedemptionOutcome => ({
  kind: "done",
  redemption: { ...untouched, ...change },
});

const refused = (reason: RedemptionReason, retryMs?: number): RedemptionOutcome => ({
  kind: "refused",
  reason,
  retryMs,
});

const isExpired = (expireMs: number | undefined, nowMs: number) =>
  expireMs !== undefined && nowMs >= expireMs;

/** A coupon taken back, for good; undefined: it was so already. Whoever held it holds it no more. */
export function revoked(before: Redemption, revokeReason: string, nowMs: number): Redemption | undefined {
  if (before.revokeMs !== undefined) return undefined;
  const { redeemMs } = before;
  const orderId = redeemMs === undefined ? "" : before.orderId;
  return { orderId, reserveUntilMs: undefined, redeemMs, revokeMs: nowMs, revokeReason };
}

export type CouponState = "issued" | "reserved" | "redeemed" | "revoked" | "expired";

/** What a coupon is at an instant. */
export function couponState(
  { reserveUntilMs, redeemMs, revokeMs }: Redemption,
  expireMs: number | undefined,
  nowMs: number,
): CouponState {
  if (revokeMs !== undefined) return "revoked";
  if (redeemMs !== undefined) return "redeemed";
  if (isExpired(expireMs, nowMs)) return "expired";
  return reserveUntilMs !== undefined && nowMs < reserveUntilMs ? "reserved" : "issued";
}
