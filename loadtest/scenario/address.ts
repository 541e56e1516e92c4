import type { Scenario } from "./scenario.ts";

/** A private address (RFC 1918) for a user: the scenario's, or one of the user's own. */
export const addressOfUser = (scenario: Scenario, user: number): string =>
  scenario.addressOf?.(user) ?? ownAddress(user);

/** A different address for each of the first 8 million users. */
export const ownAddress = (user: number): string =>
  `10.${(user >>> 16) & 127}.${(user >>> 8) & 255}.${user & 255}`;
