import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import type { Naming } from "../record/naming.ts";
import type { Claims } from "./claims.ts";
import type { LedgerRows } from "./ledger-rows.ts";

/** Everything the audit judges by. */
export interface Case {
  /** What was given, in a word. */
  thing: string;
  things: string;
  /** The campaign before the load, and after it when the ledger had caught up. */
  before: Campaign;
  after: Campaign;
  /** The ledger caught up within the audit's patience. */
  drained: boolean;
  rows: LedgerRows;
  claims: Claims;
  naming: Naming;
  /** Users are the numbers 0 … users − 1. */
  users: number;
  /** The address that a user's requests named; undefined where they named none. */
  addressOf(user: number): string | undefined;
}
