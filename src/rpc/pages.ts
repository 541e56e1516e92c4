import { seal, unseal } from "../keys/seal.ts";
import type { FieldProblem } from "./errors.ts";

const DEFAULT_SIZE = 100;
const MAX_SIZE = 1_000;
const NUMBER_BYTES = 8;

/** What part of a list a request asks for. */
export interface Page {
  size: number;
  /** The numbers that the last row of the page before had; undefined: from the beginning. */
  after: number[] | undefined;
}

/**
 * The page a request asks for; adds what is wrong to `problems`. `query` is everything that decides what is in the list and in which
 * order, the method first: a token is good for the query it was made for.
 */
export function pageOf(
  key: Buffer,
  query: readonly string[],
  request: { pageSize: number; pageToken: string },
  problems: FieldProblem[],
): Page {
  if (request.pageSize > MAX_SIZE) {
    problems.push({ field: "page_size", problem: `It must be 1 to ${MAX_SIZE}, not ${request.pageSize}.` });
  }
  const size = request.pageSize || DEFAULT_SIZE;
  if (request.pageToken === "") return { size, after: undefined };
  const bytes = unseal(key, JSON.stringify(query), Buffer.from(request.pageToken, "base64url"));
  if (bytes === undefined) {
    const problem =
      "It must be the next_page_token of the page before, asked for with the same other fields; leave it empty to start anew.";
    problems.push({ field: "page_token", problem });
    return { size, after: undefined };
  }
  const after = Array.from({ length: bytes.length / NUMBER_BYTES }, (_, at) =>
    bytes.readDoubleBE(at * NUMBER_BYTES),
  );
  return { size, after };
}

/** The token for what comes after a row with these numbers. It is sealed: the ledger's own numbers tell how much there is. */
export function pageToken(key: Buffer, query: readonly string[], after: readonly number[]): string {
  const bytes = Buffer.alloc(after.length * NUMBER_BYTES);
  for (const [at, number] of after.entries()) bytes.writeDoubleBE(number, at * NUMBER_BYTES);
  return seal(key, JSON.stringify(query), bytes).toString("base64url");
}
