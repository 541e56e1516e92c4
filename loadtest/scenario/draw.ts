import { draws } from "../mechanic/draw/draws.ts";
import { crowd } from "./crowd.ts";
import { evenly, noLimits, type Scenario } from "./scenario.ts";

/**
 * A crowd draws, up to three times a day each, and asks again: with a request id it must be told the same draw, without one it draws once
 * more. One prize runs out, one reaches its quota of the day.
 */
export const draw: Scenario = {
  summary: "instant win: many users draw and ask again; one prize runs out, one for the day",
  mechanic: draws,
  users: (sends) => Math.max(1, Math.ceil(sends / 5)),
  quota: (sends) => Math.max(1, Math.floor(sends / 50)),
  limits: { ...noLimits, perUserPerDay: 3 },
  startDelayMs: 0,
  dueMs: evenly,
  together: 2,
  workload: crowd,
};
