import type { IssueCouponResponse } from "../../src/gen/allot/v1/coupon_pb.js";

/** What became of one send. */
export type Answer =
  | { kind: "outcome"; response: IssueCouponResponse }
  /** An error reply: a Connect code in capitals, and the reason of its ErrorInfo, or "". */
  | { kind: "error"; code: string; reason: string }
  /** No answer came, so nobody knows whether a coupon was given out. */
  | { kind: "lost"; why: "timed out" | "connection lost" | "unreadable answer" | "cut off" }
  /** The client hung up on purpose. */
  | { kind: "hung up" };

const certain = new Set([
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "UNAUTHENTICATED",
  "FAILED_PRECONDITION",
  "RESOURCE_EXHAUSTED",
  "UNIMPLEMENTED",
]);

/** Can a coupon have been given out although this answer does not hold one? */
export const leavesDoubt = (answer: Answer): boolean => {
  if (answer.kind === "outcome") return answer.response.outcome.case === undefined;
  if (answer.kind !== "error") return true;
  return !certain.has(answer.code) && answer.reason !== "OVERLOADED";
};
