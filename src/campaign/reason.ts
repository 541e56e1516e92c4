/** Why nothing was given: the closed set of the contract's allot.v1.Reason, without its prefix. */
export type Reason =
  | "NOT_STARTED"
  | "ENDED"
  | "PAUSED"
  | "SOLD_OUT"
  | "DAILY_QUOTA_REACHED"
  | "USER_LIMIT_REACHED"
  | "ADDRESS_LIMIT_REACHED";
