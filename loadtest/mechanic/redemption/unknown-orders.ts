import { fate, type JournalPages } from "../../record/journal.ts";
import type { Naming } from "../../record/naming.ts";
import { isFinal, orderIdOf, stepOf } from "./acts.ts";

/** Orders that may have redeemed a coupon, for all that their askers know. */
export type Unknown = Set<string>;

export const unknownOrders = (journals: JournalPages[], naming: Naming): Unknown => {
  const unknown: Unknown = new Set();
  for (const pages of journals)
    for (let request = 0; request < pages.length; request++) {
      if (pages.fates[request] !== fate.unknown) continue;
      const step = stepOf(pages.details[request]!);
      if (isFinal(step)) unknown.add(orderIdOf(naming.userId(pages.users[request]!), step));
    }
  return unknown;
};
