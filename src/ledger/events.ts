/**
 * Facts that are rows of their own, with what each says; what was given out is in the entries already. They name coupons by serial and
 * users by hash: codes and user ids are looked up when an event leaves, so that an erased user's is not there.
 */
export interface Facts {
  "coupon.redeemed": CouponFact & { orderId: string };
  "coupon.revoked": CouponFact & { reason: string; quotaReturned: boolean };
  /** How many of how many tickets won. */
  "winners.drawn": { tickets: number; winners: number };
  /** A lottery's round: its date as in 2026-11-20, how many ballots, how many of them won. */
  "round.closed": { date: string; ballots: number; winners: number };
  /** Of no campaign. */
  "user.banned": UserFact;
  "user.unbanned": UserFact;
  /** Every unit of a prize's quota, or every ticket, is given out. */
  "quota.exhausted": { prizeNo: number; quota: number };
  /** By a manager, or because its time was up. */
  "campaign.ended": { by: "manager" | "time" };
}

export type FactType = keyof Facts;

export interface CouponFact {
  spaceNo: number;
  serial: number;
}

export interface UserFact {
  /** 16 bytes in hex: `Secrets.userHashKey` over the user id. */
  userHash: string;
}

/** The number that stands for no campaign. */
export const noCampaign = 0;

/** A fact to be told; `timeMs` is when it happened. */
export type Fact = {
  [Type in FactType]: { campaignNo: number; type: Type; data: Facts[Type]; timeMs: number };
}[FactType];
