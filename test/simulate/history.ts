import type { Issued, IssueRequest } from "../../src/issuing/request.ts";

/** What a client was told, and remembers. */
export interface Told {
  campaignId: string;
  request: IssueRequest;
  result: Issued;
  askedMs: number;
  toldMs: number;
  /** Nothing was broken any more when it asked. */
  isQuiet: boolean;
}
