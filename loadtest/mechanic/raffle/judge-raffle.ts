import { ticketOrder } from "../../../src/draws/ticket-order.ts";
import { pickWinners, winnersSeed } from "../../../src/draws/winners.ts";
import type { Case } from "../../audit/case.ts";
import { type Check, check, figure } from "../../audit/check.ts";
import { checkOneRequest } from "../../audit/check-promises.ts";
import { deviationBound, runsAroundMedian } from "../../audit/statistics/runs.ts";
import { committed } from "../secret/committed.ts";
import type { RaffleOutcome } from "./outcome.ts";

/** Fewer tickets have no order to speak of. */
const enough = 1_000;

export const judgeRaffle = (of: Case, outcome: RaffleOutcome): Check[] => [
  counted(of, outcome),
  exactly(of, outcome),
  onceEach(of, outcome),
  onePerUser(of, outcome),
  checkOneRequest(of),
  check(
    "tickets are verified by their codes, and by no others",
    `${figure(outcome.verified)} of ${figure(outcome.tickets.length)} verified`,
    outcome.misjudged,
  ),
  inNoOrder(outcome),
  drawnOnce(of, outcome),
  winOnce(of, outcome),
  committed("the secret", [
    { name: of.after.id, commitment: of.before.secretCommitment, secret: of.after.revealedSecret },
  ]),
  recomputed(of, outcome),
];

export const sizeOf = ({ mechanic }: Case["after"]): number =>
  mechanic.case === "raffle" ? mechanic.value.tickets : 0;

const counted = ({ after, claims, drained }: Case, { tickets }: RaffleOutcome): Check => {
  const { issued, undrained, inDoubt } = after.stats!;
  const remaining = after.stats!.remaining ?? 0;
  const faults: string[] = [];
  if (!drained) faults.push(`${figure(undrained)} tickets were still not in the ledger`);
  if (issued < tickets.length || issued > tickets.length + claims.unknown)
    faults.push(
      `${figure(tickets.length)} acknowledged, ${figure(claims.unknown)} unknown, ${figure(issued)} issued`,
    );
  if (issued + remaining + inDoubt !== sizeOf(after))
    faults.push(`${issued} + ${remaining} + ${inDoubt} is not ${sizeOf(after)}`);
  return check(
    "the ledger has the tickets that were acknowledged, and no more",
    `${figure(tickets.length)} acknowledged, ${figure(issued)} issued of ${figure(sizeOf(after))}`,
    faults,
  );
};

/** Everybody who asked while there were tickets has one, or all are gone. */
const exactly = ({ after, claims, users }: Case, { tickets }: RaffleOutcome): Check => {
  let asked = 0;
  for (let user = 0; user < users; user++) if (claims.wantedByUser[user]! > 0) asked++;
  const due = Math.min(asked, sizeOf(after));
  const issued = after.stats!.issued;
  return check(
    "as many tickets as there are, if the demand sufficed",
    `${figure(asked)} users asked for ${figure(sizeOf(after))} tickets: ${figure(issued)} claimed`,
    issued < due || tickets.length > due ? [`${figure(due)} should have been claimed`] : [],
  );
};

const onceEach = ({ after, naming }: Case, { tickets }: RaffleOutcome): Check => {
  const holders = new Map<number, number>();
  const faults: string[] = [];
  for (const { number, user } of tickets) {
    const other = holders.get(number);
    if (other !== undefined)
      faults.push(`${number} is ${naming.userId(other)}'s and ${naming.userId(user)}'s`);
    if (number < 1 || number > sizeOf(after)) faults.push(`${number} is no ticket`);
    holders.set(number, user);
  }
  return check(
    "every number once",
    `${figure(holders.size)} numbers from 1 to ${figure(sizeOf(after))}`,
    faults,
  );
};

const onePerUser = ({ naming }: Case, { tickets }: RaffleOutcome): Check => {
  const numbers = new Map<number, number>();
  const faults: string[] = [];
  for (const { number, user } of tickets) {
    if (numbers.has(user)) faults.push(`${naming.userId(user)} has ${numbers.get(user)} and ${number}`);
    numbers.set(user, number);
  }
  return check("no user has two tickets", `${figure(numbers.size)} users`, faults);
};

/** Tickets in the order in which each of the load test's workers began to ask: no number must tell the next. */
const inNoOrder = ({ tickets }: RaffleOutcome): Check => {
  const name = "the next number can't be told (runs test, p = 0.001)";
  if (tickets.length < enough) return check(name, `not judged: fewer than ${figure(enough)} tickets`, []);
  const { runs, expected, deviation } = runsAroundMedian(tickets.map(({ number }) => number));
  return check(
    name,
    `${figure(runs)} runs around the median, ${figure(Math.round(expected))} expected; ` +
      `${deviation.toFixed(2)} standard deviations, at most ±${deviationBound.toFixed(2)}`,
    Math.abs(deviation) > deviationBound ? ["such an order comes by chance in one of a thousand runs"] : [],
  );
};

const drawnOnce = ({ after }: Case, { draw, drawings, winners }: RaffleOutcome): Check => {
  const faults: string[] = [];
  if (drawings.filter((answer) => answer === "draw").length !== 1)
    faults.push(`answered: ${drawings.join(", ")}`);
  if (drawings.some((answer) => answer !== "draw" && answer !== "ALREADY_DRAWN"))
    faults.push(`answered: ${drawings.join(", ")}`);
  if (!draw) faults.push("no draw is listed");
  else {
    const wins = after.prizes.reduce((sum, { quota = 0 }) => sum + quota, 0);
    if (draw.tickets !== after.stats!.issued)
      faults.push(`${figure(draw.tickets)} tickets took part, ${figure(after.stats!.issued)} were issued`);
    if (draw.winners !== Math.min(wins, draw.tickets) || winners.length !== draw.winners)
      faults.push(
        `${figure(draw.winners)} winners, ${figure(winners.length)} listed, for ${figure(wins)} prizes`,
      );
  }
  return check("winners are drawn once", `asked at once: ${drawings.join(", ")}`, faults);
};

const winOnce = ({ after, naming, claims }: Case, { tickets, winners }: RaffleOutcome): Check => {
  const holders = new Map(tickets.map(({ number, user }) => [number, naming.userId(user)]));
  const prizes = after.prizes.flatMap(({ id, quota = 0 }) => Array<string>(quota).fill(id));
  const won = new Set<number>();
  const faults: string[] = [];
  for (const [i, { rank, ticketNumber, prizeId, userId }] of winners.entries()) {
    const what = `rank ${rank}, ticket ${ticketNumber}`;
    if (rank !== i + 1) faults.push(`${what} is listed as number ${i + 1}`);
    if (prizeId !== prizes[i]) faults.push(`${what} won ${prizeId}, not ${prizes[i] ?? "nothing"}`);
    if (won.has(ticketNumber)) faults.push(`${what} won before`);
    won.add(ticketNumber);
    const holder = holders.get(ticketNumber);
    if (holder === undefined ? claims.unknown === 0 : holder !== userId)
      faults.push(`${what} is ${userId}'s; it was given to ${holder ?? "nobody"}`);
  }
  return check("a ticket wins once, and its holder wins", `${figure(winners.length)} winners`, faults);
};

/** The winners follow from the secret, the digest of the claims and how many there were. */
const recomputed = ({ after, claims }: Case, { draw, tickets, winners }: RaffleOutcome): Check => {
  const name = "the winners are what the secret says";
  if (!draw || after.revealedSecret.length === 0)
    return check(name, "not judged: not drawn, or no secret", []);
  if (claims.unknown > 0 && draw.tickets !== sizeOf(after))
    return check(name, "not judged: nobody knows which tickets took part", []);
  const { offset, numbers } = ticketOrder(after.revealedSecret, sizeOf(after));
  const offsets = tickets.map(({ number }) => offset(number)).sort((a, b) => a - b);
  const placed =
    draw.tickets === sizeOf(after) ? (place: number) => place : (place: number) => offsets[place]!;
  const seed = winnersSeed(after.revealedSecret, after.id, "", draw.digest, draw.entropy);
  const expected = numbers(pickWinners(seed, draw.tickets, draw.winners).map(placed));
  return check(
    name,
    `${figure(expected.length)} winners of ${figure(draw.tickets)} tickets recomputed`,
    winners
      .filter(({ ticketNumber }, i) => ticketNumber !== expected[i])
      .map(({ rank, ticketNumber }) => `rank ${rank} is ticket ${ticketNumber}, not ${expected[rank - 1]}`),
  );
};
