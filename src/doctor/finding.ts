export type Level = "ok" | "warn" | "bad";

/** One thing that was looked at, and how it is. */
export interface Finding {
  about: string;
  check: string;
  level: Level;
  found: string;
  /** Why it matters, in one sentence. */
  why: string;
  /** What to do, with the exact setting; absent where all is well. */
  remedy?: string;
}

/** How to judge one thing by what was collected. */
export interface Rule<Facts> {
  check: string;
  why: string;
  judge(facts: Facts): Verdict;
}

export type Verdict = Pick<Finding, "level" | "found" | "remedy">;

export const ok = (found: string): Verdict => ({ level: "ok", found });
export const warn = (found: string, remedy: string): Verdict => ({ level: "warn", found, remedy });
export const bad = (found: string, remedy: string): Verdict => ({ level: "bad", found, remedy });

export function judgeBy<Facts>(about: string, rules: readonly Rule<Facts>[], facts: Facts): Finding[] {
  return rules.map(({ check, why, judge }) => ({ about, check, why, ...judge(facts) }));
}
