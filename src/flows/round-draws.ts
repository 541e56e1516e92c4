import type { Campaign } from "../campaign/campaign.ts";
import { partitionsOf } from "../campaign/partitions.ts";
import { drawnTimes, openTimes, sealUntilMs } from "../campaign/rounds.ts";
import { ClaimsDigest } from "../draws/claims-digest.ts";
import { pickWinners, roundSecret, winnersSeed } from "../draws/winners.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Mark } from "../ledger/entries.ts";
import type { Ledger, Mutation } from "../ledger/ledger.ts";
import type { BallotRow, Round, RoundDrawn, RoundWinner } from "../ledger/rounds.ts";
import type { Store } from "../store/store.ts";

export interface RoundDrawsOptions {
  ledger: Ledger;
  store: Pick<Store, "nowMs" | "seal">;
  secrets: Pick<Secrets, "unwrap">;
  /** Number of the store's partitions. */
  partitions: number;
  /** Moves what these partitions handed out until now into the ledger. */
  flush(partitionNos: number[]): Promise<void>;
}

/** Within what the ledger answers in time, and few enough to be read again. */
const ballotsAtOnce = 5_000;

export type RoundClosed =
  | RoundDrawn
  /** Its time is not over, by the clock of some partition. */
  | "open"
  /** Nothing is missing but entropy. */
  | "waiting";

/**
 * Closes rounds. Each step may be done by any number of servers, any number of times, and whoever dies is followed by another: the ledger
 * says that the round is sealed, and from then on restores the seal in a store that loses it; then every partition is sealed; then what each
 * took before is brought into the ledger. From there on the round's ballots never change, so that all who read them draw the same winners,
 * and the first to record them has drawn.
 */
export class RoundDraws {
  readonly #options: RoundDrawsOptions;

  constructor(options: RoundDrawsOptions) {
    this.#options = options;
  }

  /**
   * Closes a round that is over. `entropy`: undefined where nobody brings any. Throws StoreUnavailable or LedgerUnavailable: the round stays
   * sealed, and is closed when somebody tries again.
   */
  async close(
    campaign: Campaign,
    date: string,
    entropy: Buffer | undefined,
    mutation: Mutation | undefined,
  ): Promise<RoundClosed> {
    const { ledger } = this.#options;
    let round = await this.#round(campaign, date);
    if (round.state === "drawn") return "drawn-before";
    if (round.state === "open") {
      if (!(await this.isOver(campaign, round))) return "open";
      await ledger.sealRound(campaign.no, date);
    }
    // What was changed before the seal counts, such as an end.
    campaign = (await ledger.campaignByNo(campaign.no))!;
    if (!round.mark) await this.#seal(campaign, round);
    const needsEntropy = campaign.mechanic.kind === "lottery" && campaign.mechanic.requireEntropy;
    if (needsEntropy && entropy === undefined) {
      await ledger.roundWaits(campaign.no, date);
      return "waiting";
    }
    round = await this.#round(campaign, date);
    const { draw, winners } = await this.#draw(campaign, round, entropy ?? Buffer.alloc(0));
    return ledger.drawRound(campaign.no, date, draw, winners, mutation);
  }

  /** Whether a round's time is over by the clocks of all its partitions. */
  async isOver(campaign: Campaign, round: Round): Promise<boolean> {
    const { endMs } = openTimes(campaign, round);
    const clocks = await Promise.all(this.#partitions(campaign).map((no) => this.#options.store.nowMs(no)));
    return clocks.every((nowMs) => nowMs >= endMs);
  }

  async #seal(campaign: Campaign, round: Round): Promise<void> {
    const { ledger, store, flush } = this.#options;
    const partitions = this.#partitions(campaign);
    const untilMs = sealUntilMs(campaign, round);
    await Promise.all(partitions.map((no) => store.seal(no, campaign.no, untilMs)));
    await flush(partitions);
    const mark = await ledger.entryMark();
    await ledger.markRound(
      campaign.no,
      round.date,
      mark.filter(({ partitionNo }) => partitions.includes(partitionNo)),
    );
  }

  async #draw(campaign: Campaign, round: Round, entropy: Buffer) {
    const { secrets } = this.#options;
    const { date } = round;
    const roll = await this.#roll(campaign, round);
    const { count } = roll.claims;
    const digest = roll.claims.digest();
    const campaignSecret = secrets.unwrap("draw", campaign.drawSecret!.wrapped);
    const secret = roundSecret(campaignSecret, campaign.id, date);
    const prizes = round.quotas!.flatMap((quota, no) => new Array<number>(quota).fill(no));
    const picked = pickWinners(winnersSeed(secret, campaign.id, date, digest, entropy), count, prizes.length);
    const found = await this.#at(campaign, round, roll, picked);
    const winners = picked.map(
      (place, at): RoundWinner => ({ ...found.get(place)!, rank: at + 1, prizeNo: prizes[at]! }),
    );
    const draw = { ballots: count, winners: winners.length, digest, entropy, drawMs: Date.now() };
    return { draw, winners };
  }

  /** All of a round's ballots, in the order of partitions and then of recording. Millions of them are not kept: only where pages begin. */
  async #roll(campaign: Campaign, round: Round): Promise<Roll> {
    const claims = new ClaimsDigest();
    const pages: Page[] = [];
    for (const upTo of inOrder(round.mark!)) {
      let after = await this.#start(campaign, round, upTo.partitionNo);
      for (;;) {
        const page: Page = { upTo, after, first: claims.count };
        const rows = await this.#options.ledger.ballots(campaign.no, upTo, after, ballotsAtOnce);
        for (const { userHash, number, timeMs } of ofRound(campaign, round, rows)) {
          claims.addBallot(userHash, number, timeMs);
        }
        if (claims.count > page.first) pages.push(page);
        if (rows.length < ballotsAtOnce) break;
        after = rows.at(-1)!;
      }
    }
    return { claims, pages };
  }

  /** The ballots at some places of a roll, by their places. */
  async #at(campaign: Campaign, round: Round, { pages }: Roll, places: number[]) {
    const found = new Map<number, Omit<RoundWinner, "rank" | "prizeNo">>();
    const sorted = places.toSorted((a, b) => a - b);
    let next = 0;
    for (const [at, { upTo, after, first }] of pages.entries()) {
      const end = pages[at + 1]?.first ?? Number.POSITIVE_INFINITY;
      if (next === sorted.length || sorted[next]! >= end) continue;
      const rows = await this.#options.ledger.ballots(campaign.no, upTo, after, ballotsAtOnce);
      const ballots = ofRound(campaign, round, rows);
      for (; next < sorted.length && sorted[next]! < end; next++) {
        const { epoch, n, i, userHash } = ballots[sorted[next]! - first]!;
        found.set(sorted[next]!, { partitionNo: upTo.partitionNo, epoch, n, i, userHash });
      }
    }
    return found;
  }

  /** Behind what was recorded before the round's day began, where that was noted. */
  async #start({ no }: Campaign, { date }: Round, partitionNo: number): Promise<BallotRow | undefined> {
    const mark = await this.#options.ledger.markBefore(no, date);
    const before = mark?.find((of) => of.partitionNo === partitionNo);
    return before && ({ epoch: before.epoch, n: before.n, i: Number.MAX_SAFE_INTEGER } as BallotRow);
  }

  async #round({ no }: Campaign, date: string): Promise<Round> {
    const round = await this.#options.ledger.round(no, date);
    if (!round) throw new Error(`campaign ${no} has no round of ${date}`);
    return round;
  }

  #partitions(campaign: Campaign): number[] {
    return partitionsOf(campaign, this.#options.partitions);
  }
}

interface Roll {
  claims: ClaimsDigest;
  pages: Page[];
}

/** A read that brought ballots of the round, and which place the first of them has. */
interface Page {
  upTo: Mark[number];
  after: BallotRow | undefined;
  first: number;
}

const inOrder = (mark: Mark) => mark.toSorted((a, b) => a.partitionNo - b.partitionNo);

function ofRound(campaign: Campaign, round: Round, rows: BallotRow[]): BallotRow[] {
  const { fromMs, toMs = Number.POSITIVE_INFINITY } = drawnTimes(campaign, round);
  return rows.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
}
