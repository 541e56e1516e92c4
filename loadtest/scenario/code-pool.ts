import { codes } from "../mechanic/code-pool/codes.ts";
import { crowd } from "./crowd.ts";
import { evenly, noLimits, type Scenario } from "./scenario.ts";

/** More users than codes, one for each, who ask again; meanwhile codes that are free yet are taken out. */
export const codePool: Scenario = {
  summary: "code pool: more users than codes, who ask again, while free codes are deleted",
  mechanic: codes,
  users: (sends) => Math.max(1, Math.ceil(sends / 2)),
  quota: (sends) => Math.max(1, Math.floor(sends / 5)),
  limits: { ...noLimits, perUser: 1 },
  startDelayMs: 0,
  dueMs: evenly,
  together: 2,
  workload: crowd,
};
