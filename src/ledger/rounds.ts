import type { Campaign } from "../campaign/campaign.ts";
import type { Day } from "../campaign/day.ts";
import type { Entry, EntryKey, Mark } from "./entries.ts";
import type { Mutation } from "./mutation.ts";

/** The ledger's part of lotteries: their rounds, and which ballots won. */
export interface RoundLedger {
  /**
   * Makes the rows of rounds; those that are there stay as they are. `fromMark`: up to where entries were recorded when the store's clock had
   * not reached the first of these days, if that is known; ballots are looked for behind it.
   */
  addRounds(campaignNo: number, days: Day[], fromMark: Mark | undefined): Promise<void>;
  round(campaignNo: number, date: string): Promise<Round | undefined>;
  /** Of the latest day, made ahead or not. */
  lastRound(campaignNo: number): Promise<Round | undefined>;
  /** Latest first, of days before `beforeDate` where given, at most `limit`. */
  rounds(
    campaignNo: number,
    filter: RoundFilter,
    beforeDate: string | undefined,
    limit: number,
  ): Promise<Round[]>;
  /** Lotteries that have begun and have no round that lasts beyond `untilMs`, though they do. */
  lotteriesWithoutRound(nowMs: number, untilMs: number, limit: number): Promise<Campaign[]>;
  /** Rounds that are over, by this time, and neither drawn nor waiting for entropy; the earliest first. */
  roundsToClose(nowMs: number, limit: number): Promise<{ campaignNo: number; date: string }[]>;

  /** Takes or extends the right to close a round by itself; false: somebody else has it. Nothing depends on it but work done twice. */
  leaseRound(campaignNo: number, date: string, owner: string, ttlMs: number): Promise<boolean>;
  releaseRound(campaignNo: number, date: string, owner: string): Promise<void>;
  /** An open round is sealed: it takes no more ballots, and how many win which prize is fixed. */
  sealRound(campaignNo: number, date: string): Promise<void>;
  /** Every partition is sealed for a round, and all its ballots are recorded: up to here. The first mark stays. */
  markRound(campaignNo: number, date: string, mark: Mark): Promise<void>;
  /** A sealed round can't be drawn until somebody brings entropy. */
  roundWaits(campaignNo: number, date: string): Promise<void>;
  /** A mark behind which all of a round's ballots are recorded; undefined: look everywhere. */
  markBefore(campaignNo: number, date: string): Promise<Mark | undefined>;
  /** A partition's ballots, of all rounds, above a place and up to a mark, in the order they were recorded. */
  ballots(
    campaignNo: number,
    upTo: Mark[number],
    after: BallotPlace | undefined,
    limit: number,
  ): Promise<BallotRow[]>;
  /**
   * Records what a round that is sealed came to, once, and tells it; with the last one of a lottery that is over its draw secret is revealed.
   * Nothing is recorded where it was drawn before.
   */
  drawRound(
    campaignNo: number,
    date: string,
    draw: RoundDraw,
    winners: RoundWinner[],
    mutation: Mutation | undefined,
  ): Promise<RoundDrawn>;

  /** Whether a lottery takes nothing more and all its rounds are drawn. */
  isLotteryOver(campaignNo: number, nowMs: number): Promise<boolean>;

  /** In the order in which they were drawn; of these users alone where given. */
  roundWinners(campaignNo: number, date: string, userHashes?: Buffer[]): Promise<RoundWinner[]>;
  /** The ballots that won in some rounds, by date and in the order in which they were drawn. */
  winningBallots(campaignNo: number, dates: string[]): Promise<WinningBallot[]>;
  /** Until when a lottery is sealed, ms: days that begin before it take nothing more; 0: none is. */
  sealedUntil(campaignNo: number): Promise<number>;
}

export type RoundState = "open" | "sealed" | "waiting" | "drawn";

/** A round's row; its times are those of the whole day, which the campaign's own cut (campaign/rounds.ts). */
export interface Round extends Day {
  campaignNo: number;
  /** Sealed: being closed. Waiting: sealed, until somebody brings entropy. */
  state: RoundState;
  /** How many win each prize, by its number; since it is sealed. */
  quotas: number[] | undefined;
  /** Up to where its ballots are recorded. */
  mark: Mark | undefined;
  draw: RoundDraw | undefined;
}

/** Rounds that have begun by `nowMs`, of a campaign that is over at `overMs` and has none that begin from `untilMs` on. */
export interface RoundFilter {
  /** As they are at `nowMs`: what has ended counts as sealed. Empty: all. */
  states: ("open" | "sealed" | "drawn")[];
  nowMs: number;
  overMs: number;
  untilMs: number;
}

export interface RoundDraw {
  ballots: number;
  winners: number;
  /** See draws/claims-digest.ts. */
  digest: Buffer;
  /** What was public when it was drawn, or nothing. */
  entropy: Buffer;
  drawMs: number;
}

export interface RoundWinner extends EntryKey {
  /** From 1, in the order drawn. */
  rank: number;
  prizeNo: number;
  userHash: Buffer;
}

export interface WinningBallot {
  date: string;
  prizeNo: number;
  entry: Entry;
}

export type RoundDrawn = "drawn" | "drawn-before" | "repeated";

export type BallotPlace = Pick<EntryKey, "epoch" | "n" | "i">;

/** What a draw is made from. */
export interface BallotRow extends BallotPlace {
  /** 16 bytes. */
  userHash: Buffer;
  number: number;
  timeMs: number;
}
