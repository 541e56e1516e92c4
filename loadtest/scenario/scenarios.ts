import { codePool } from "./code-pool.ts";
import { draw } from "./draw.ts";
import { flashSale } from "./flash-sale.ts";
import { greedyUser } from "./greedy-user.ts";
import { hangUps } from "./hang-ups.ts";
import { lottery } from "./lottery.ts";
import { raffle } from "./raffle.ts";
import { redeem } from "./redeem.ts";
import { retries } from "./retries.ts";
import type { Scenario } from "./scenario.ts";
import { steady } from "./steady.ts";

export const scenarios = {
  steady,
  "flash-sale": flashSale,
  "greedy-user": greedyUser,
  retries,
  "hang-ups": hangUps,
  draw,
  raffle,
  lottery,
  "code-pool": codePool,
  redeem,
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
