import { alphabetProblem, BASE32, symbolProblem } from "./alphabet.ts";

/** How a code looks: a fixed prefix, then `length` symbols of the alphabet, all counted in code points. */
export interface CodeFormat {
  alphabet: string;
  length: number;
  prefix: string;
}

export interface FormatProblem {
  field: keyof CodeFormat;
  /** A sentence that says what is wrong with the field. */
  problem: string;
}

export const DEFAULT_FORMAT: CodeFormat = { alphabet: BASE32, length: 10, prefix: "" };

/** Of serials that stand for no codes: a raffle's tickets, or codes that were made elsewhere. */
export const NO_CODES: CodeFormat = { alphabet: "", length: 0, prefix: "" };

/** In code points, the prefix included: 256 bytes of UTF-8 at most. */
export const MAX_CODE_LENGTH = 64;
export const MAX_PREFIX_LENGTH = 32;

/** Serials are below this. */
export const MAX_SERIALS = 2 ** 48;

/** Of this many codes at most one is given out, so that guessing is hopeless. */
const CODES_PER_SERIAL = 1_000_000n;

/** Everything that keeps a format from being used; empty if it is fine. */
export function formatProblems({ alphabet, length, prefix }: CodeFormat): FormatProblem[] {
  const problems: FormatProblem[] = [];
  const ofAlphabet = alphabetProblem(alphabet);
  if (ofAlphabet) problems.push({ field: "alphabet", problem: ofAlphabet });
  const ofPrefix = prefixProblem(prefix);
  if (ofPrefix) problems.push({ field: "prefix", problem: ofPrefix });
  const ofLength = lengthProblem(length, ofPrefix ? 0 : [...prefix].length);
  if (ofLength) problems.push({ field: "length", problem: ofLength });
  return problems;
}

function prefixProblem(prefix: string): string | undefined {
  let length = 0;
  for (const symbol of prefix) {
    const problem = symbolProblem(symbol);
    if (problem) return problem;
    length += 1;
    if (length > MAX_PREFIX_LENGTH) return `There are more than ${MAX_PREFIX_LENGTH} characters.`;
  }
}

function lengthProblem(length: number, prefixLength: number): string | undefined {
  if (!Number.isInteger(length) || length < 1 || length > MAX_CODE_LENGTH) {
    return `It must be a whole number from 1 to ${MAX_CODE_LENGTH}, not ${length}.`;
  }
  if (prefixLength + length > MAX_CODE_LENGTH) {
    const most = MAX_CODE_LENGTH - prefixLength;
    return `After a prefix of ${prefixLength} characters it can be ${most} at most, not ${length}.`;
  }
}

/** How many codes a valid format has. */
export function spaceSize({ alphabet, length }: CodeFormat): bigint {
  return BigInt([...alphabet].length) ** BigInt(length);
}

/**
 * How many serials may be reserved in a valid format's space by all its users together: a millionth of it, or
 * the whole of it where codes may be guessed, and never more than 2^48. It can be 0.
 */
export function room(format: CodeFormat, { allowGuessable }: { allowGuessable: boolean }): number {
  if (format.length === NO_CODES.length) return MAX_SERIALS;
  const available = spaceSize(format) / (allowGuessable ? 1n : CODES_PER_SERIAL);
  return available < MAX_SERIALS ? Number(available) : MAX_SERIALS;
}
