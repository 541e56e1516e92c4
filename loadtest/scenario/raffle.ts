import { tickets } from "../mechanic/raffle/tickets.ts";
import { crowd } from "./crowd.ts";
import { evenly, noLimits, type Scenario } from "./scenario.ts";

/** More users than tickets, one for each, who ask again; then the winners are drawn, twice at once. */
export const raffle: Scenario = {
  summary: "raffle: more users than tickets, who ask again; then winners are drawn, twice at once",
  mechanic: tickets,
  users: (sends) => Math.max(1, Math.ceil(sends / 2)),
  quota: (sends) => Math.max(1, Math.floor(sends / 5)),
  limits: { ...noLimits, perUser: 1 },
  startDelayMs: 0,
  dueMs: evenly,
  together: 2,
  workload: crowd,
};
