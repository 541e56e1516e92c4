import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { errorAnswer } from "../sender/error-reason.ts";

const retryMs = 100;
const triesMost = 50;

/** "given", the reason of a refusal, or that of an error; where it says to try again, that is done. */
export const answered = async (
  ask: () => Promise<{ outcome: { case?: string | undefined; value?: unknown } }>,
): Promise<string> => {
  for (let tries = 1; ; tries++) {
    try {
      const { outcome } = await ask();
      return outcome.case === "refusal" ? Reason[(outcome.value as { reason: Reason }).reason]! : "given";
    } catch (error) {
      const thrown = ConnectError.from(error);
      const answer = errorAnswer(thrown);
      if (thrown.code !== Code.Unavailable || tries === triesMost)
        return answer.kind === "error" ? answer.reason || answer.code : answer.kind;
      await sleep(retryMs);
    }
  }
};
