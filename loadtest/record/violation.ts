/** What a single answer can prove wrong, as soon as it is there. */
export const violationKinds = {
  "another one": "two answers to one request id gave different things",
  forgotten: "a request id that had been given something was refused later",
  "not marked replayed": "something was given again without saying so",
  "somebody else's": "an answer held what is another user's or campaign's",
} as const;

export type ViolationKind = keyof typeof violationKinds;

const examplesKept = 5;

/** Counts of violations, with a few examples of each. */
export interface Violations {
  counts: Partial<Record<ViolationKind, number>>;
  examples: Partial<Record<ViolationKind, string[]>>;
}

export const noViolations = (): Violations => ({ counts: {}, examples: {} });

export const addViolation = (to: Violations, kind: ViolationKind, example: string): void => {
  to.counts[kind] = (to.counts[kind] ?? 0) + 1;
  to.examples[kind] ??= [];
  if (to.examples[kind].length < examplesKept) to.examples[kind].push(example);
};
