import type { Mechanic } from "../campaign/campaign.ts";
import type { Mutation } from "./mutation.ts";

/** The ledger's part of raffles: who claimed which ticket, and which of them won. Tickets go by their serials. */
export interface RaffleLedger {
  /** Claims of serials from `from` up to, but not with, `to`, in their order: of a part, since all of them may be millions. */
  claims(spaceNo: number, from: number, to: number): Promise<Claim[]>;
  /** The highest serial in this range that was claimed; undefined: none was. */
  lastClaim(spaceNo: number, from: number, to: number): Promise<number | undefined>;
  raffleDraw(campaignNo: number): Promise<RaffleDraw | undefined>;
  /** Records the winners, once, and from then on the campaign's draw secret as revealed. False: they were drawn before. */
  drawRaffle(draw: RaffleDraw, winners: RaffleWinner[], mutation: Mutation | undefined): Promise<RaffleDrawn>;
  /** In the order drawn, above a position, at most `limit`; of one user where given. */
  raffleWinners(
    campaignNo: number,
    userHash: Uint8Array | undefined,
    afterPosition: number,
    limit: number,
  ): Promise<(RaffleWinner & { userId: string })[]>;
  /** What a ticket won; undefined: nothing, or nothing yet. */
  raffleWinner(campaignNo: number, serial: number): Promise<RaffleWinner | undefined>;
  /** Campaigns of a mechanic with draws whose secret is not revealed, by number. */
  unrevealed(mechanic: Mechanic["kind"]): Promise<number[]>;
  /** Nothing is drawn from the campaign's secret any more: it may be shown. */
  reveal(campaignNo: number): Promise<void>;
}

export interface Claim {
  serial: number;
  /** 16 bytes. */
  userHash: Buffer;
}

/** How the winners of a raffle were drawn. */
export interface RaffleDraw {
  campaignNo: number;
  /** How many took part. */
  tickets: number;
  winners: number;
  /** See draws/claims-digest.ts. */
  digest: Buffer;
  /** What was public when they were drawn, or nothing. */
  entropy: Buffer;
  drawMs: number;
}

export interface RaffleWinner {
  /** From 1, in the order drawn. */
  position: number;
  prizeNo: number;
  serial: number;
}

export type RaffleDrawn = "drawn" | "drawn-before" | "repeated";
