import { expect, test } from "vitest";
import { playAudited, red } from "../../testing/play.ts";
import { type LotteryFault, lotteryFaults, SmallLottery } from "../../testing/small-lottery.ts";

const sends = 600;

test("an honest lottery passes every check, and every one was judged", async () => {
  const checks = await playAudited("lottery", new SmallLottery(), sends);
  expect(red(checks)).toEqual([]);
  expect(checks.filter(({ detail }) => /not (judged|asked)/.test(detail))).toEqual([]);
});

const acknowledged = "every acknowledged ballot is in the ledger, the same";
const numbered = "a user's ballots of a round are numbered from 1";
const winOnce = "a ballot wins once, and its user wins";
const secretSays = "the winners are what the secret says";
const closes = "a round closes once, and not before its time";

const caught: Record<LotteryFault, string[]> = {
  "loses a ballot": [acknowledged],
  "leaves a ballot out of the draw": ["every ballot takes part in its round"],
  "takes too many from a user": ["no user over the limit of a day"],
  "gives two ballots one number": [numbered],
  "gives another ballot when asked again": ["one request, one ballot"],
  "closes before its time": [closes],
  "draws again": [closes],
  "takes a ballot after the draw": [closes],
  "draws too few winners": [winOnce],
  "lets a ballot win twice": [winOnce, secretSays],
  "names another winner": [winOnce],
  "picks winners by hand": [secretSays],
  "shows another secret": ["each round's secret is shown, and was committed to", secretSays],
};

test.each(lotteryFaults)("one that %s is found out", async (fault) => {
  const checks = red(await playAudited("lottery", new SmallLottery(fault), sends));
  expect(checks).toEqual(expect.arrayContaining(caught[fault]));
});
