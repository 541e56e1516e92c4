import { expect, test } from "vitest";
import { playAudited, red } from "../../testing/play.ts";
import { type RaffleFault, raffleFaults, SmallRaffle } from "../../testing/small-raffle.ts";

/** A thousand tickets are needed to judge their order. */
const many = 5_200;
const few = 600;

test("an honest raffle passes every check, and every one was judged", async () => {
  const checks = await playAudited("raffle", new SmallRaffle(), many);
  expect(red(checks)).toEqual([]);
  expect(checks.filter(({ detail }) => detail.startsWith("not judged"))).toEqual([]);
});

const verified = "tickets are verified by their codes, and by no others";
const once = "every number once";
const same = "every acknowledged ticket is in the ledger, the same";
const one = "one request, one ticket";
const winOnce = "a ticket wins once, and its holder wins";
const secretSays = "the winners are what the secret says";
const counted = "the ledger has the tickets that were acknowledged, and no more";

const caught: Record<RaffleFault, string[]> = {
  "gives a number twice": [once],
  "gives numbers that there are not": [once, verified],
  "gives users two tickets": ["no user has two tickets"],
  "refuses who has a ticket": [one],
  "gives another ticket when asked again": [one],
  "gives numbers in order": ["the next number can't be told (runs test, p = 0.001)"],
  "loses a ticket": [verified, same],
  "verifies any code": [verified],
  "stops short": ["as many tickets as there are, if the demand sufficed"],
  "counts too many": [counted],
  "draws winners twice": ["winners are drawn once"],
  "draws too few winners": ["winners are drawn once"],
  "lets a ticket win twice": [winOnce, secretSays],
  "names another winner": [winOnce],
  "picks winners by hand": [secretSays],
  "shows another secret": ["the secret is shown, and was committed to", secretSays],
};

test.each(raffleFaults)("one that %s is found out", async (fault) => {
  const sends = fault === "gives numbers in order" ? many : few;
  const checks = red(await playAudited("raffle", new SmallRaffle(fault), sends));
  expect(checks).toEqual(expect.arrayContaining(caught[fault]));
});
