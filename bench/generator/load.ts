/** A content type of Connect. `Proto` means the same, and is not what the fast path is made for: connect-node's own adapter answers it. */
export type ContentType = "application/proto" | "application/Proto" | "application/json";

/** IssueCoupon, flat out over HTTP/1.1: every connection asks again as soon as it is answered, for a new user each time. */
export interface Load {
  url: string;
  campaignId: string;
  contentType: ContentType;
  connections: number;
  seconds: number;
}

/** What came back, all of it with status 200: anything else ends the benchmark, because then it measures something else. */
export interface Driven {
  answers: number;
  seconds: number;
}

export const issueCouponPath = "/allot.v1.CouponService/IssueCoupon";
