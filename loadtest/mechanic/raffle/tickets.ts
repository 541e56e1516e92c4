import { unnamed } from "../../scenario/crowd.ts";
import type { Mechanic } from "../mechanic.ts";
import { claimTicket } from "./claim-ticket.ts";
import { judgeRaffle } from "./judge-raffle.ts";
import { judgeTickets } from "./judge-tickets.ts";
import { finishRaffle, type RaffleOutcome } from "./outcome.ts";

/** A raffle. */
export const tickets: Mechanic = {
  thing: "ticket",
  things: "tickets",
  ask: ({ campaignId, userId, requestId, address, detail }) =>
    claimTicket({ campaignId, userId, address, ...(detail !== unnamed && { requestId }) }),
  campaign: (quota) => ({
    mechanic: { case: "raffle", value: { tickets: quota } },
    prizes: [
      { id: "car", name: "Car", quota: 1 },
      { id: "mug", name: "Mug", quota: Math.max(1, Math.floor(quota / 20)) },
    ].slice(0, quota),
  }),
  open: (stage) => {
    let outcome: RaffleOutcome;
    return {
      afterwards: async (journals) => {
        outcome = await finishRaffle(stage, journals);
      },
      // Tickets are listed nowhere.
      async *listed() {},
      judge: (of) => judgeRaffle(of, outcome),
      judgeTables: (of, tables) => judgeTickets(of, outcome, tables),
    };
  },
};
