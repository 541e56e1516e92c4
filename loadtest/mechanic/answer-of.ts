import type { Refusal } from "../../src/gen/allot/v1/refusal_pb.js";
import type { Answer } from "../record/answer.ts";

type Outcome<Given> =
  | { case: string; value: Given }
  | { case: "refusal"; value: Refusal }
  | { case: undefined; value?: undefined };

/** An answer that is what was given, or a refusal, as all methods have it that give something. */
export const answerOf = <O extends Outcome<unknown>>(
  outcome: O,
  given: (value: Exclude<O, { case: "refusal" | "error" | undefined }>["value"]) => Answer,
): Answer => {
  if (outcome.case === undefined || outcome.case === "error")
    return { kind: "lost", why: "neither yes nor no" };
  if (outcome.case === "refusal") return { kind: "refused", reason: (outcome.value as Refusal).reason };
  return given(outcome.value as Exclude<O, { case: "refusal" | "error" | undefined }>["value"]);
};
