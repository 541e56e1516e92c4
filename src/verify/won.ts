/** One winner of a draw, as recorded or as it should be. */
export interface Won<Claim> {
  rank: number;
  prize: number;
  claim: Claim;
}

/** Each prize as often as it is won: the first prize's winners are drawn first. */
export const prizesInOrder = (quotas: readonly number[]): number[] =>
  quotas.flatMap((quota, no) => new Array<number>(quota).fill(no));

/** The first place where two lists of winners differ, as a sentence about it; undefined: they are the same. */
export function difference<Claim>(
  recorded: readonly Won<Claim>[],
  due: readonly Won<Claim>[],
  text: (won: Won<Claim>) => string,
): string | undefined {
  for (let at = 0; at < Math.max(recorded.length, due.length); at++) {
    const [is, should] = [recorded[at], due[at]].map((won) => won && `rank ${won.rank}: ${text(won)}`);
    if (is !== should)
      return `winner ${at + 1} is ${is ?? "missing"}, and by the seed it is ${should ?? "none"}`;
  }
}
