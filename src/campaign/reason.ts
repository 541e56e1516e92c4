/** Why nothing was given: the closed set of the contract's allot.v1.Reason, without its prefix. */
export type Reason =
  | TakeReason
  | "REGISTRATION_REQUIRED"
  | "TICKETS_REMAIN"
  | "ALREADY_DRAWN"
  | "ALREADY_REDEEMED"
  | "COUPON_EXPIRED"
  | "COUPON_REVOKED"
  | "COUPON_RESERVED"
  | "RESERVATION_LAPSED"
  | "NOT_OWNER"
  | "ASSIGNED";

/** Those that the store decides by. */
export type TakeReason =
  | "NOT_STARTED"
  | "ENDED"
  | "PAUSED"
  | "SOLD_OUT"
  | "DAILY_QUOTA_REACHED"
  | "USER_LIMIT_REACHED"
  | "ADDRESS_LIMIT_REACHED"
  | "BANNED"
  | "ROUND_SEALED";
