/** A field by its path in the request, as in `campaign.prizes[1].quota`, and a sentence on what is wrong with its value. */
export interface Problem {
  field: string;
  problem: string;
}

/** What was asked for, checked, or everything that is wrong with it. */
export type Checked<Value> =
  | { value: Value; problems?: undefined }
  | { value?: undefined; problems: Problem[] };

/** Errors travel in headers and trailers, which clients bound at a few kilobytes. */
const MAX_PROBLEMS = 20;

export function checked<Value>(value: Value, problems: Problem[]): Checked<Value> {
  if (problems.length === 0) return { value };
  const more = problems.length - MAX_PROBLEMS;
  if (more <= 0) return { problems };
  const rest = { field: "campaign", problem: `${more} more problems are not listed.` };
  return { problems: [...problems.slice(0, MAX_PROBLEMS), rest] };
}
