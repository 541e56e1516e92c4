import { expect, test } from "vitest";
import { playAudited, red } from "../../testing/play.ts";
import { type PoolFault, poolFaults, SmallPool } from "../../testing/small-pool.ts";

const sends = 1_000;

test("an honest pool passes every check, and codes were deleted", async () => {
  const checks = await playAudited("code-pool", new SmallPool(), sends);
  expect(red(checks)).toEqual([]);
  expect(checks.at(-1)!.detail).toMatch(/[1-9]\d* deleted/);
});

const acknowledged = "every acknowledged code is in the ledger, the same";
const complete = "the pool has every code that was generated, once";
const deleted = "a deleted code is nobody's, and one that somebody has is not deleted";

const caught: Record<PoolFault, string[]> = {
  "generates too few": [complete],
  "generates a code twice": [complete],
  "loses an assignment": [acknowledged],
  "assigns a code twice": ["no code twice"],
  "assigns a deleted code": [acknowledged],
  "gives another code when asked again": ["one request, one code"],
  "gives users two codes": ["no user over the limit"],
  "stops short": ["every code is assigned, if the demand sufficed"],
  "deletes a code that somebody has": [acknowledged, complete],
  "keeps a deleted code": [deleted],
  "forgets that it deleted": [deleted],
  "counts too much": ["the ledger has what the store counts"],
};

test.each(poolFaults)("one that %s is found out", async (fault) => {
  const checks = red(await playAudited("code-pool", new SmallPool(fault), sends));
  expect(checks).toEqual(expect.arrayContaining(caught[fault]));
});
