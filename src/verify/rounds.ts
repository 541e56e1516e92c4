import { dayOf } from "../campaign/day.ts";
import { drawnTimes } from "../campaign/rounds.ts";
import { ClaimsDigest } from "../draws/claims-digest.ts";
import { pickWinners, roundSecret, winnersSeed } from "../draws/winners.ts";
import type { Check, Checked } from "./check.ts";
import { isCommittedTo } from "./commitment.ts";
import { type Findings, keyText } from "./findings.ts";
import type { CampaignRecord, DrawRecord, EntryKeyRecord, EntryRecord, RoundRecord } from "./records.ts";
import { difference, prizesInOrder, type Won } from "./won.ts";

/** A round, and what its ballots came to so far. */
interface OpenRound {
  round: RoundRecord;
  fromMs: number;
  toMs: number;
  claims: ClaimsDigest;
  /** The ballots that won, by their keys, and the places where they were found. */
  winners: Map<string, { user: Buffer; place: number }>;
}

/** Every ballot is of a round, which was drawn among all of them and no others; its winners are those of its seed. */
export class Rounds implements Check {
  readonly #findings: Findings;
  readonly #campaign: CampaignRecord;
  readonly #rounds: OpenRound[];
  /** That of the last ballot: most are of the same one. */
  #at = 0;
  #ballots = 0;
  /** Of a round that is not made yet. */
  #early = 0;
  #withoutPrize = 0;

  constructor(findings: Findings, campaign: CampaignRecord, rounds: RoundRecord[]) {
    this.#findings = findings;
    this.#campaign = campaign;
    const { startMs, endMs, endedMs, timeZone } = campaign.revisions.at(-1)!;
    const window = { startMs, endMs, endedMs, timeZone };
    this.#rounds = rounds.map((round) => {
      const { fromMs, toMs = Number.POSITIVE_INFINITY } = drawnTimes(window, round);
      const winners = new Map(round.won.map((won) => [keyText(won), { user: won.user, place: -1 }]));
      return { round, fromMs, toMs, claims: new ClaimsDigest(), winners };
    });
    for (const round of rounds) this.#checkDay(round, timeZone);
  }

  entry(entry: EntryRecord): void {
    const { drawn, given, user, number, timeMs } = entry;
    if (drawn !== undefined || given !== undefined) {
      this.#findings.about(entry, "it has a prize: a lottery's are in the lists of winners");
    }
    this.#withoutPrize++;
    const open = this.#roundAt(timeMs);
    if (!open) {
      // A server makes a day's round within moments of its beginning, and ballots don't wait for it.
      if (!this.#campaign.revealed && timeMs >= (this.#rounds.at(-1)?.toMs ?? 0)) this.#early++;
      else this.#findings.about(entry, `there is no round at ${timeMs} ms`);
      return;
    }
    const { round, claims, winners } = open;
    if (round.draw && !isRecordedBy(round.mark ?? [], entry)) {
      this.#findings.about(entry, `it came after the round of ${round.date} had been closed`);
      return;
    }
    const winner = winners.size > 0 ? winners.get(keyText(entry)) : undefined;
    if (winner) winner.place = claims.count;
    if (winner && !winner.user.equals(user)) {
      this.#findings.about(entry, `its winner is listed as user ${winner.user.toString("hex")}`);
    }
    this.#ballots++;
    claims.addBallot(user, number, timeMs);
  }

  end(): Checked {
    const { withoutPrize } = this.#campaign;
    if (this.#withoutPrize !== withoutPrize) {
      const problem = `there are ${this.#withoutPrize}, and ${withoutPrize} were counted when they were recorded`;
      this.#findings.add("ballots", problem);
    }
    const unchecked: string[] = [];
    for (const open of this.#rounds) this.#checkRound(open, unchecked);
    const drawn = this.#rounds.filter(({ round }) => round.draw);
    const toCome = this.#rounds.length - drawn.length;
    if (this.#early > 0) unchecked.push(`ballots of a round that has just begun: ${this.#early}`);
    if (toCome > 0) unchecked.push(`rounds that are not drawn yet: ${toCome}`);
    const winners = drawn.reduce((sum, { round }) => sum + round.won.length, 0);
    const checked = [
      `${this.#ballots.toLocaleString("en")} ballots, each of its day's round`,
      `${drawn.length} rounds with ${winners.toLocaleString("en")} winners, and the digests of their ballots`,
    ];
    return { checked, unchecked };
  }

  #roundAt(timeMs: number): OpenRound | undefined {
    const isIn = (one: OpenRound | undefined) => one && timeMs >= one.fromMs && timeMs < one.toMs;
    if (!isIn(this.#rounds[this.#at])) this.#at = this.#rounds.findIndex(isIn);
    return this.#rounds[this.#at];
  }

  #checkDay({ date, startMs, endMs }: RoundRecord, timeZone: string): void {
    const day = dayOf(timeZone, date);
    if (day?.startMs === startMs && day.endMs === endMs) return;
    this.#findings.add(
      `round ${date}`,
      `it is from ${startMs} to ${endMs} ms, which is not that day in ${timeZone}`,
    );
  }

  #checkRound({ round, claims, winners }: OpenRound, unchecked: string[]): void {
    const { date, draw } = round;
    const problem = (text: string) => this.#findings.add(`round ${date}`, text);
    const secret = this.#secretOf(round, problem);
    if (!draw) {
      if (round.won.length > 0) problem("it has winners, and was not drawn");
      return;
    }
    const digest = claims.digest();
    this.#checkClaims(round, draw, claims.count, digest, problem);
    if (!secret) {
      unchecked.push(`who won on ${date}: the round's secret is not known`);
      return;
    }
    const seed = winnersSeed(secret, this.#campaign.id, date, digest, draw.entropy);
    const prizes = prizesInOrder(round.quotas ?? []);
    const due = pickWinners(seed, claims.count, prizes.length).map(
      (place, at): Won<number> => ({ rank: at + 1, prize: prizes[at]!, claim: place }),
    );
    const recorded = round.won.map(
      ({ rank, prize, ...key }): Won<number> => ({
        rank,
        prize,
        claim: winners.get(keyText(key))!.place,
      }),
    );
    const wrong = difference(recorded, due, (won) => this.#text(won));
    if (wrong) problem(wrong);
  }

  #checkClaims(
    { won }: RoundRecord,
    draw: DrawRecord,
    count: number,
    digest: Buffer,
    problem: (text: string) => void,
  ): void {
    if (draw.claims !== count) problem(`it was drawn among ${draw.claims} ballots, and there are ${count}`);
    if (!digest.equals(draw.digest)) {
      problem(`its digest is ${draw.digest.toString("hex")}, and of the ballots ${digest.toString("hex")}`);
    }
    if (draw.winners !== won.length) problem(`it had ${draw.winners} winners, and ${won.length} are listed`);
  }

  /** The round's own secret, which follows from the campaign's. */
  #secretOf({ date, commitment, secret }: RoundRecord, problem: (text: string) => void): Buffer | undefined {
    if (secret && commitment && !isCommittedTo(commitment, secret)) {
      problem("its secret is not the one that was committed to");
    }
    if (!this.#campaign.secret) return secret;
    const due = roundSecret(this.#campaign.secret, this.#campaign.id, date);
    if (secret && !secret.equals(due)) problem("its secret does not follow from the campaign's");
    if (commitment && !isCommittedTo(commitment, due))
      problem("it committed to another secret than the campaign's");
    return due;
  }

  #text({ prize, claim }: Won<number>): string {
    const name = this.#campaign.revisions.at(-1)!.prizes[prize]?.id ?? `prize ${prize}`;
    return claim < 0 ? `${name} for a ballot that is not of this round` : `${name} for ballot ${claim + 1}`;
  }
}

/** Whether an entry had been recorded when the mark was read. */
function isRecordedBy(mark: Omit<EntryKeyRecord, "i">[], { partition, epoch, n }: EntryRecord): boolean {
  const upTo = mark.find((one) => one.partition === partition);
  return upTo !== undefined && (epoch < upTo.epoch || (epoch === upTo.epoch && n <= upTo.n));
}
