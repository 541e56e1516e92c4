import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import type { Answer } from "./answer.ts";

/** The families that outcomes are told apart by. An `error` is a failure of the service; a refusal is not. */
export type OutcomeFamily = "coupon" | "refused" | "error" | "hung up";

/** `family: detail`, the key under which sends are counted. */
export type Outcome = `${OutcomeFamily}: ${string}`;

export const unsent: Outcome = "error: not sent in time";

export const outcomeOf = (answer: Answer): Outcome => {
  switch (answer.kind) {
    case "hung up":
      return "hung up: by the load test";
    case "lost":
      return `error: ${answer.why}`;
    case "error":
      return `error: ${answer.code}${answer.reason && ` (${answer.reason})`}`;
    case "outcome": {
      const { outcome, replayed } = answer.response;
      if (outcome.case === "coupon") return replayed ? "coupon: replayed" : "coupon: new";
      if (outcome.case === "refusal")
        return `refused: ${Reason[outcome.value.reason] ?? outcome.value.reason}`;
      return "error: neither coupon nor refusal";
    }
  }
};

export const addCount = (counts: Map<Outcome, number>, outcome: Outcome, count: number): void => {
  counts.set(outcome, (counts.get(outcome) ?? 0) + count);
};

export const familyOf = (outcome: Outcome): OutcomeFamily =>
  outcome.slice(0, outcome.indexOf(":")) as OutcomeFamily;
