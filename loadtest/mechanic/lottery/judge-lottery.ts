import { pickWinners, winnersSeed } from "../../../src/draws/winners.ts";
import { type Round, Round_State as State } from "../../../src/gen/allot/v1/lottery_pb.js";
import type { Case } from "../../audit/case.ts";
import { type Check, check, figure } from "../../audit/check.ts";
import { checkLedger } from "../../audit/check-ledger.ts";
import { checkLimits } from "../../audit/check-limits.ts";
import { checkPromises } from "../../audit/check-promises.ts";
import { committed } from "../secret/committed.ts";
import type { LotteryOutcome } from "./outcome.ts";
import { partsOf } from "./submit-ballot.ts";

export const judgeLottery = (of: Case, outcome: LotteryOutcome): Check[] => {
  const ballots = ballotsByDate(of);
  return [
    ...checkLedger(of),
    ...checkPromises(of),
    ...checkLimits(of),
    numbered(of),
    inTime(outcome),
    allTakePart(outcome, ballots),
    winOnce(of, outcome, ballots),
    committed(
      "each round's secret",
      outcome.rounds.map(({ date, secretCommitment, revealedSecret }) => ({
        name: `${date}`,
        // What was shown while ballots were taken.
        commitment: date === outcome.open?.date ? outcome.open.secretCommitment : secretCommitment,
        secret: revealedSecret,
      })),
    ),
    recomputed(of, outcome, ballots),
  ];
};

interface ListedBallot {
  id: string;
  userId: string;
}

/** In the order of the list, which is that of the draw. */
const ballotsByDate = ({ rows }: Case): Map<string, ListedBallot[]> => {
  const byDate = new Map<string, ListedBallot[]>();
  let at = 0;
  for (const key of rows.keys()) {
    const { id, date } = partsOf(key);
    byDate.getOrInsert(date, []).push({ id, userId: rows.userIdAt(at++) });
  }
  return byDate;
};

const numbered = ({ rows }: Case): Check => {
  const numbers = new Map<string, Set<number>>();
  let at = 0;
  const faults: string[] = [];
  for (const key of rows.keys()) {
    const { date, number } = partsOf(key);
    const whose = `${rows.userIdAt(at++)} on ${date}`;
    const known = numbers.getOrInsertComputed(whose, () => new Set());
    if (known.has(number)) faults.push(`${whose}: two ballots are number ${number}`);
    known.add(number);
  }
  for (const [whose, known] of numbers)
    if (Math.max(...known) !== known.size)
      faults.push(`${whose}: ${known.size} ballots, up to number ${Math.max(...known)}`);
  return check(
    "a user's ballots of a round are numbered from 1",
    `${figure(numbers.size)} users and rounds`,
    faults,
  );
};

const inTime = ({ early, again, late }: LotteryOutcome): Check => {
  const faults: string[] = [];
  if (early !== undefined && early !== "ROUND_OPEN") faults.push(`closing it early was answered ${early}`);
  if (again !== "ALREADY_DRAWN") faults.push(`closing it again was answered ${again}`);
  if (late !== "ENDED" && late !== "ROUND_SEALED")
    faults.push(`a ballot after the draw was answered ${late}`);
  return check(
    "a round closes once, and not before its time",
    `before: ${early ?? "not asked"}; after: ${again}; one more ballot: ${late}`,
    faults,
  );
};

const allTakePart = ({ rounds }: LotteryOutcome, ballots: Map<string, ListedBallot[]>): Check => {
  const countOf = ({ date }: Round) => ballots.get(date)?.length ?? 0;
  return check(
    "every ballot takes part in its round",
    rounds.map((round) => `${round.date}: ${figure(round.ballots)} of ${figure(countOf(round))}`).join(", "),
    rounds.flatMap((round) => {
      if (round.state !== State.DRAWN) return [`${round.date} was not drawn`];
      return round.ballots === countOf(round)
        ? []
        : [`${round.date}: ${countOf(round)} ballots, ${round.ballots} took part`];
    }),
  );
};

const winOnce = (
  { after }: Case,
  { rounds }: LotteryOutcome,
  ballots: Map<string, ListedBallot[]>,
): Check => {
  const prizes = after.prizes.flatMap(({ id, quota = 0 }) => Array<string>(quota).fill(id));
  const faults: string[] = [];
  let count = 0;
  for (const { date, winners } of rounds) {
    const holders = new Map(ballots.get(date)?.map(({ id, userId }) => [id, userId]));
    const due = Math.min(prizes.length, holders.size);
    if (winners.length !== due) faults.push(`${date}: ${winners.length} winners, there should be ${due}`);
    if (new Set(winners.map(({ id }) => id)).size !== winners.length)
      faults.push(`${date}: a ballot won twice`);
    for (const [i, { id, userId, prizeId }] of winners.entries()) {
      count++;
      if (holders.get(id) !== userId)
        faults.push(`${date}: ${id} of ${userId} won; it is ${holders.get(id) ?? "nobody"}'s`);
      if (prizeId !== prizes[i]) faults.push(`${date}: ${id} won ${prizeId}, not ${prizes[i] ?? "nothing"}`);
    }
  }
  return check("a ballot wins once, and its user wins", `${figure(count)} winners`, faults);
};

/** The winners follow from the round's secret, the digest of its ballots and how many there were. */
const recomputed = (
  { after }: Case,
  { rounds }: LotteryOutcome,
  ballots: Map<string, ListedBallot[]>,
): Check => {
  const faults: string[] = [];
  let count = 0;
  for (const { date, digest, entropy, revealedSecret, winners } of rounds) {
    const listed = ballots.get(date) ?? [];
    const seed = winnersSeed(revealedSecret, after.id, date, digest, entropy);
    const expected = pickWinners(seed, listed.length, winners.length).map((place) => listed[place]!.id);
    count += expected.length;
    for (const [i, { id }] of winners.entries())
      if (id !== expected[i])
        faults.push(`${date}: winner ${i + 1} is ${id}, not ${expected[i] ?? "anybody"}`);
  }
  return check("the winners are what the secret says", `${figure(count)} winners recomputed`, faults);
};
