import { expect, test } from "vitest";
import { playAudited, red } from "../../testing/play.ts";
import { type DrawFault, drawFaults, SmallDraws } from "../../testing/small-draws.ts";

const sends = 2_400;

test("an honest instant win passes every check, and every one was judged", async () => {
  const checks = await playAudited("draw", new SmallDraws(), sends);
  expect(red(checks)).toEqual([]);
  expect(checks.filter(({ detail }) => detail.startsWith("not judged"))).toEqual([]);
});

const secretSays = "every draw is what the secret says";
const until = "a prize that is drawn is given out until it has run out";
const odds = "prizes come as often as their odds say (chi-square, p = 0.001)";
const acknowledged = "every acknowledged draw is in the ledger, the same";
const ofDay = "no user over the limit of a day";
const numbered = "a user's draws of a day are numbered from 1";
const own = "every prize has a coupon of its own";
const shown = "the secret is shown, and was committed to";
const adds = "issued + remaining + in doubt = quota";

const caught: Record<DrawFault, string[]> = {
  "rolls again when asked again": ["one request, one draw"],
  "forgets who asked": ["one request, one draw"],
  "loses a draw": [acknowledged, numbered],
  "records another prize": [acknowledged, secretSays],
  "gives more than the quota": [adds, "never over the quota", until],
  "gives more than the day's quota": ["no day over the daily quota of daily", until],
  "keeps prizes back": [until],
  "lets users draw too often": [ofDay],
  "leaves a number out": [numbered],
  "gives a coupon twice": [own],
  "favours a prize": [odds, secretSays],
  "shows another secret": [shown, secretSays],
  "counts too much": ["the ledger has what the store counts"],
};

test.each(drawFaults)("one that %s is found out", async (fault) => {
  const checks = red(await playAudited("draw", new SmallDraws(fault), sends));
  expect(checks).toEqual(expect.arrayContaining(caught[fault]));
});
