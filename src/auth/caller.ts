import { createContextKey } from "@connectrpc/connect";
import type { Role } from "../ledger/ledger.ts";

/** Who calls: the role of the API key, and its id. */
export interface Caller {
  role: Role;
  /** Undefined: the server is open, and nobody needs a key. */
  keyId: string | undefined;
}

/** Where a handler finds its caller: `context.values.get(caller)`; undefined for methods that are open to all. */
export const caller = createContextKey<Caller | undefined>(undefined, { description: "who calls" });
