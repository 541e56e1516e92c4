import { type PoolCode, PoolCode_State as State } from "../../../src/gen/allot/v1/code_pool_pb.js";
import type { Case } from "../../audit/case.ts";
import { type Check, check, figure } from "../../audit/check.ts";
import { checkLedger } from "../../audit/check-ledger.ts";
import { checkLimits } from "../../audit/check-limits.ts";
import { checkPromises } from "../../audit/check-promises.ts";
import { checkSums } from "../../audit/check-quota.ts";
import type { Deletions } from "./deleter.ts";

/** What a pool came to. */
export interface PoolOutcome {
  /** By the stream of GenerateCodes. */
  generated: number;
  /** As listed at the end, free and deleted ones too. */
  pool: PoolCode[];
  deletions: Deletions;
}

export const judgePool = (of: Case, outcome: PoolOutcome): Check[] => [
  ...checkLedger(of),
  ...checkSums(of),
  ...checkPromises(of),
  ...checkLimits(of),
  complete(outcome),
  exactly(of, outcome),
  deletedForGood(of, outcome),
];

const countOf = (pool: PoolCode[], state: State): number =>
  pool.filter((code) => code.state === state).length;

/** Every code that was made is still there, once. */
const complete = ({ generated, pool }: PoolOutcome): Check => {
  const faults: string[] = [];
  const distinct = new Set(pool.map(({ code }) => code)).size;
  if (pool.length !== generated) faults.push(`${figure(pool.length)} codes are listed`);
  if (distinct !== pool.length) faults.push(`only ${figure(distinct)} are distinct`);
  for (const { code, state, userId } of pool)
    if ((state === State.ASSIGNED) !== (userId !== ""))
      faults.push(`${code} is ${State[state]} and ${userId || "nobody"}'s`);
  return check(
    "the pool has every code that was generated, once",
    `${figure(generated)} generated: ${figure(countOf(pool, State.ASSIGNED))} assigned, ` +
      `${figure(countOf(pool, State.DELETED))} deleted, ${figure(countOf(pool, State.FREE))} free`,
    faults,
  );
};

const exactly = ({ claims, users }: Case, { generated, pool }: PoolOutcome): Check => {
  let asked = 0;
  for (let user = 0; user < users; user++) if (claims.wantedByUser[user]! > 0) asked++;
  const assigned = countOf(pool, State.ASSIGNED);
  const due = Math.min(asked, generated - countOf(pool, State.DELETED));
  return check(
    "every code is assigned, if the demand sufficed",
    `${figure(asked)} users asked, ${figure(due)} could be assigned: ${figure(assigned)} were`,
    assigned < due || assigned > due + claims.unknown ? [`${figure(due)} should have been`] : [],
  );
};

const deletedForGood = ({ rows }: Case, { pool, deletions }: PoolOutcome): Check => {
  const states = new Map(pool.map(({ code, state }) => [code, state]));
  const faults: string[] = [];
  const counts = new Map<string, number>();
  for (const [code, answer] of deletions) {
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const state = states.get(code);
    const holder = rows.find(code);
    const what = `deleting ${code} was answered ${answer}; it is ${state === undefined ? "not listed" : State[state]}`;
    if (answer === "deleted" && (state !== State.DELETED || holder !== undefined)) faults.push(what);
    if (answer === "ASSIGNED" && holder === undefined) faults.push(what);
    if (answer !== "deleted" && answer !== "ASSIGNED") faults.push(what);
  }
  const known = [...deletions].filter(([, answer]) => answer === "deleted").length;
  if (countOf(pool, State.DELETED) !== known)
    faults.push(`${figure(countOf(pool, State.DELETED))} codes are deleted, ${figure(known)} were by us`);
  return check(
    "a deleted code is nobody's, and one that somebody has is not deleted",
    [...counts].map(([answer, count]) => `${figure(count)} ${answer}`).join(", ") || "none deleted",
    faults,
  );
};
