import type { Sale } from "./sale.ts";

/** How many tickets a raffle has; undefined: it is none. */
export const ticketsOf = ({ campaign }: Sale): number | undefined =>
  campaign.mechanic?.case === "raffle" ? campaign.mechanic.value.tickets : undefined;
