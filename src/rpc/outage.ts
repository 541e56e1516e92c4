import { TokenKeysUnavailable } from "../auth/token-keys.ts";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { LedgerLostCommits } from "../ledger/lending.ts";
import { Overloaded } from "../store/batcher.ts";
import { StoreUnavailable } from "../store/store.ts";
import { fault } from "./errors.ts";

/** What the ports throw when the ledger or the store can't be reached, as a fault for the caller; anything else as it is. */
export function outageAsFault(thrown: unknown): unknown {
  if (thrown instanceof LedgerUnavailable) {
    return fault("LEDGER_UNAVAILABLE", "The database can't be reached: try again with the same request_id.");
  }
  if (thrown instanceof StoreUnavailable) {
    return fault("STORE_UNAVAILABLE", "The store can't be reached: try again with the same request_id.");
  }
  if (thrown instanceof LedgerLostCommits) {
    return fault(
      "LEDGER_UNAVAILABLE",
      "Lending has stopped until an operator has looked; nothing was given out.",
    );
  }
  if (thrown instanceof Overloaded) {
    return fault("OVERLOADED", "Too many requests are waiting: try again with the same request_id.");
  }
  if (thrown instanceof TokenKeysUnavailable) {
    return fault("TOKEN_KEYS_UNAVAILABLE", "The keys of tokens can't be fetched: try again.");
  }
  return thrown;
}

/** A handler's answer, with outages as faults. */
export function answering<Request extends unknown[], Response>(
  answer: (...request: Request) => Promise<Response>,
): (...request: Request) => Promise<Response> {
  return async (...request) => {
    try {
      return await answer(...request);
    } catch (thrown) {
      throw outageAsFault(thrown);
    }
  };
}
