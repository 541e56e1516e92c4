import { createContextKey } from "@connectrpc/connect";
import type { Role } from "../ledger/ledger.ts";

/** A role of API keys and services' tokens, or a user: one whom a token names, and who acts for itself alone. */
export type CallerRole = Role | "user";

/** Who calls. */
export interface Caller {
  role: CallerRole;
  /** Of the API key; undefined for a token, and where the server is open and nobody needs a key. */
  keyId: string | undefined;
  /** Of the token; undefined for everybody else. A user's is its user id. */
  subject: string | undefined;
}

/** Where a handler finds its caller: `context.values.get(caller)`; undefined for methods that are open to all. */
export const caller = createContextKey<Caller | undefined>(undefined, { description: "who calls" });
