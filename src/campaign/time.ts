import type { Timestamp } from "@bufbuild/protobuf/wkt";

const FIRST_YEAR = 2000;
const LAST_YEAR = 2199;
const FIRST_SECOND = Date.UTC(FIRST_YEAR, 0) / 1_000;
const END_SECOND = Date.UTC(LAST_YEAR + 1, 0) / 1_000;

/** Why this can't be a campaign's start or end, as a sentence. */
export function timeProblem({ seconds, nanos }: Timestamp): string | undefined {
  if (seconds < FIRST_SECOND || seconds >= END_SECOND) {
    return `It must be in the years ${FIRST_YEAR} to ${LAST_YEAR}.`;
  }
  if (nanos < 0 || nanos > 999_999_999) return `Its nanos must be 0 to 999999999, not ${nanos}.`;
}

/** The first millisecond that is not before `time`. */
export function msNotBefore({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000 + Math.ceil(nanos / 1e6);
}

/** The last millisecond that is not after `time`. */
export function msNotAfter({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000 + Math.floor(nanos / 1e6);
}
