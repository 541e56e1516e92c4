import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import type { Answer } from "./answer.ts";

/** The families that outcomes are told apart by. An `error` is a failure of the service; a refusal is not. */
export type OutcomeFamily = "given" | "refused" | "error" | "hung up";

/** Something was given: what, and how. */
export type GivenOutcome = `${"coupon" | "draw" | "ticket" | "ballot" | "code" | "redemption"}: ${string}`;

/** `what: detail`, the key under which sends are counted. */
export type Outcome = GivenOutcome | `${Exclude<OutcomeFamily, "given">}: ${string}`;

export const unsent: Outcome = "error: not sent in time";

export const outcomeOf = (answer: Answer): Outcome => {
  switch (answer.kind) {
    case "hung up":
      return "hung up: by the load test";
    case "lost":
      return `error: ${answer.why}`;
    case "error":
      return `error: ${answer.code}${answer.reason && ` (${answer.reason})`}`;
    case "refused":
      return `refused: ${Reason[answer.reason] ?? answer.reason}`;
    case "given":
      return answer.outcome;
  }
};

export const addCount = (counts: Map<Outcome, number>, outcome: Outcome, count: number): void => {
  counts.set(outcome, (counts.get(outcome) ?? 0) + count);
};

export const familyOf = (outcome: Outcome): OutcomeFamily => {
  const what = outcome.slice(0, outcome.indexOf(":"));
  return what === "refused" || what === "error" || what === "hung up" ? what : "given";
};
