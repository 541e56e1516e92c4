import type { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import type { GivenOutcome } from "./outcome.ts";

/** What a request was given. */
export interface Given {
  /** Tells it from all others of the campaign, as the ledger's list does too: a coupon's code, a ballot's id. */
  key: string;
  userId: string;
  campaignId: string;
  /** Empty: no prize. */
  prizeId: string;
}

/** What became of one send. */
export type Answer =
  | { kind: "given"; given: Given; replayed: boolean; outcome: GivenOutcome }
  | { kind: "refused"; reason: Reason }
  /** An error reply: a Connect code in capitals, and the reason of its ErrorInfo, or "". */
  | { kind: "error"; code: string; reason: string }
  /** No answer came, or none that says yes or no, so nobody knows whether something was given out. */
  | {
      kind: "lost";
      why: "timed out" | "connection lost" | "unreadable answer" | "neither yes nor no" | "cut off";
    }
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

/** Can something have been given out although this answer does not hold it? */
export const leavesDoubt = (answer: Answer): boolean => {
  if (answer.kind === "given" || answer.kind === "refused") return false;
  if (answer.kind !== "error") return true;
  return !certain.has(answer.code) && answer.reason !== "OVERLOADED";
};
