import { ballots } from "../mechanic/lottery/ballots.ts";
import { crowd } from "./crowd.ts";
import { evenly, noLimits, type Scenario } from "./scenario.ts";

/**
 * A crowd submits ballots, up to three a round each, and asks again: with a request id it must be told the same ballot, without one it submits
 * one more. Then the campaign is ended, and the round must be drawn by itself.
 */
export const lottery: Scenario = {
  summary: "lottery: many users submit ballots and ask again; then the round is drawn by itself",
  mechanic: ballots,
  users: (sends) => Math.max(1, Math.ceil(sends / 5)),
  quota: (sends) => Math.max(2, Math.floor(sends / 100)),
  limits: { ...noLimits, perUserPerDay: 3 },
  startDelayMs: 0,
  dueMs: evenly,
  together: 2,
  workload: crowd,
};
