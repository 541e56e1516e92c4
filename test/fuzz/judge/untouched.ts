import type { Input } from "../input.ts";
import type { Answer } from "../send/answer.ts";
import { refused } from "./answers.ts";

export interface Exchange {
  readonly input: Input;
  readonly answer: Answer;
}

/**
 * Of these campaigns those that were only named in requests that were refused, or in none: nothing about them may have changed. None where
 * something was done by a coupon's code, which names its campaign to the server alone.
 */
export function onlyRefused(campaignIds: readonly string[], exchanges: readonly Exchange[]): string[] {
  const done = exchanges.filter(({ answer }) => !refused(answer));
  const byCode = /RevokeCoupon|DeleteCode|EraseParticipant/;
  const texts = done.map(({ input }) => textOf(input));
  if (texts.some((text) => byCode.test(text))) return [];
  return campaignIds.filter((id) => !texts.some((text) => text.includes(id)));
}

function textOf(input: Input): string {
  switch (input.kind) {
    case "call":
      return `${decodeURIComponent(input.path.replaceAll(/%(?![\da-f]{2})/gi, ""))}\n${input.body.toString("latin1")}`;
    case "bytes":
      return Buffer.concat([...input.pieces]).toString("latin1");
    default:
      return "";
  }
}
