export interface Target {
  url: string;
  campaignId: string;
  seconds: number;
}

/** What came back, all of it as it should be: anything else ends the benchmark, because then it measures something else. */
export interface Driven {
  /** Requests that were answered, each of a batch by itself. */
  answers: number;
  seconds: number;
}

/** A way to ask for coupons flat out: whoever is answered asks again at once. */
export interface Drive {
  /** What it is done with, for the settings. */
  generator: string;
  /** Requests that wait for their answers at any time, each of a batch by itself. */
  inFlight: number;
  inBatches?: boolean;
  run(target: Target): Promise<Driven>;
}

export const issueCouponPath = "/allot.v1.CouponService/IssueCoupon";
/** Methods that take something for a user: a request of theirs that says nothing else has the same bytes as one of IssueCoupon. */
export const takingPaths = {
  issue: issueCouponPath,
  draw: "/allot.v1.DrawService/Draw",
  ticket: "/allot.v1.RaffleService/ClaimTicket",
  ballot: "/allot.v1.LotteryService/SubmitBallot",
} as const;
export const issueCouponsPath = "/allot.v1.CouponService/IssueCoupons";
