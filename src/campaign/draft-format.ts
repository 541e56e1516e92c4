import {
  type CodeFormat,
  DEFAULT_FORMAT,
  formatProblems,
  MAX_CODE_LENGTH,
  NO_CODES,
  room,
} from "../codes/format.ts";
import type { Campaign as CampaignMessage } from "../gen/allot/v1/campaign_pb.js";
import type { Mechanic } from "./campaign.ts";
import { traitsOf } from "./mechanics.ts";
import type { PrizeDraft } from "./prize-draft.ts";
import { codesNeeded } from "./prizes.ts";
import type { Problem } from "./problem.ts";

/** What the codes look like, as asked for in CreateCampaign; adds what is wrong with it to `problems`. */
export function formatOf(
  { codeFormat }: CampaignMessage,
  mechanic: Mechanic,
  prizes: PrizeDraft[],
  problems: Problem[],
): CodeFormat {
  const add = (field: string, problem: string | undefined) => {
    if (problem !== undefined) problems.push({ field: `campaign.code_format${field}`, problem });
  };
  if (!traitsOf(mechanic).hasCodes || (mechanic.kind === "code-pool" && mechanic.imported)) {
    const problem =
      mechanic.kind === "code-pool" ? "Its codes are imported as they are." : "It has no codes.";
    if (codeFormat !== undefined) add("", problem);
    return NO_CODES;
  }
  const format = {
    alphabet: codeFormat?.alphabet || DEFAULT_FORMAT.alphabet,
    length: codeFormat?.length || DEFAULT_FORMAT.length,
    prefix: codeFormat?.prefix ?? DEFAULT_FORMAT.prefix,
  };
  const ofFormat = formatProblems(format);
  for (const { field, problem } of ofFormat) add(`.${field}`, problem);
  if (ofFormat.length === 0) {
    add(".length", roomProblem(format, codeFormat?.allowGuessable ?? false, codesNeeded(prizes)));
  }
  return format;
}

/** Why a format has too few codes for `needed` coupons, and what to do, as a sentence. */
function roomProblem(format: CodeFormat, allowGuessable: boolean, needed: number): string | undefined {
  const available = room(format, { allowGuessable });
  if (needed <= available) return undefined;
  const remedies = [];
  const length = lengthWithRoom(format, allowGuessable, needed);
  if (length !== undefined) remedies.push(`a length of ${length}`);
  if (!allowGuessable && needed <= room(format, { allowGuessable: true })) remedies.push("allow_guessable");
  if (remedies.length === 0) remedies.push("a larger alphabet");
  return `It leaves room for ${available} codes and the prizes need ${needed}: use ${remedies.join(" or ")}.`;
}

function lengthWithRoom(format: CodeFormat, allowGuessable: boolean, needed: number): number | undefined {
  const longest = MAX_CODE_LENGTH - [...format.prefix].length;
  for (let length = format.length + 1; length <= longest; length++) {
    if (room({ ...format, length }, { allowGuessable }) >= needed) return length;
  }
}
