import type { Case } from "./case.ts";
import type { Check } from "./check.ts";
import { checkLedger } from "./check-ledger.ts";
import { checkLimits } from "./check-limits.ts";
import { checkPromises } from "./check-promises.ts";
import { checkQuota } from "./check-quota.ts";

/** Every check of the audit, over what the public port and the clients say. */
export const judge = (of: Case): Check[] => [
  ...checkLedger(of),
  ...checkQuota(of),
  ...checkPromises(of),
  ...checkLimits(of),
];
