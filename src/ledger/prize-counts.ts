export interface PrizeCounts {
  prizeNo: number;
  /** Coupons in the ledger. */
  issued: number;
  /** Of these, the revoked ones whose units were given back to the quota. */
  returned: number;
  /** Serials set aside because a store lost data that it may have acknowledged. */
  inDoubt: number;
}
