import { type Campaign, stateAt } from "../campaign/campaign.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Reason } from "../campaign/reason.ts";
import { ClaimsDigest } from "../draws/claims-digest.ts";
import { pickWinners, winnersSeed } from "../draws/winners.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger, Mutation } from "../ledger/ledger.ts";
import type { Claim, RaffleDraw, RaffleDrawn, RaffleWinner } from "../ledger/raffles.ts";
import type { Logger } from "../log.ts";
import { StoreUnavailable } from "../store/store.ts";
import { Recurring } from "./recurring.ts";

export interface RaffleDrawsOptions {
  ledger: Ledger;
  effects: CampaignEffects;
  secrets: Pick<Secrets, "unwrap">;
  log: Logger;
}

const intervalMs = 1_000;
const partSerials = 20_000;
const partsAtOnce = 4;

/** Draws the winners of raffles: when asked, and by itself where a raffle is to. */
export class RaffleDraws extends Recurring {
  readonly #options: RaffleDrawsOptions;

  constructor(options: RaffleDrawsOptions) {
    super("raffle draws", intervalMs, options.log);
    this.#options = options;
  }

  /** Draws those that are due. */
  async round(): Promise<void> {
    const { ledger, log } = this.#options;
    for (const no of await ledger.unrevealed("raffle")) {
      const campaign = await ledger.campaignByNo(no);
      if (campaign?.mechanic.kind !== "raffle" || !campaign.mechanic.autoDraw) continue;
      const drawn = await this.draw(campaign, Buffer.alloc(0), undefined);
      if (drawn === "drawn") log.info({ campaign: campaign.id }, "raffle: winners drawn");
    }
  }

  /**
   * Draws the winners if they are to be drawn now, else says why not. Throws StoreUnavailable or LedgerUnavailable; all claims that were
   * acknowledged take part, or nothing is drawn.
   */
  async draw(
    campaign: Campaign,
    entropy: Buffer,
    mutation: Mutation | undefined,
  ): Promise<RaffleDrawn | Extract<Reason, "TICKETS_REMAIN">> {
    const { ledger, effects } = this.#options;
    if (await ledger.raffleDraw(campaign.no)) return "drawn-before";
    if (!(await this.#isFinished(campaign))) return "TICKETS_REMAIN";
    if (!(await effects.drained(campaign)))
      throw new StoreUnavailable("tickets are on their way to the ledger");
    const { draw, winners } = await this.#winners(campaign, entropy);
    return ledger.drawRaffle(draw, winners, mutation);
  }

  /** Whether no ticket can be claimed any more. */
  async #isFinished(campaign: Campaign): Promise<boolean> {
    const { effects } = this.#options;
    if (stateAt(campaign, Date.now()) === "ended" && (await effects.over(campaign))) return true;
    const { issued } = await effects.stats(campaign);
    return issued === campaign.tickets!.quota;
  }

  async #winners(
    campaign: Campaign,
    entropy: Buffer,
  ): Promise<{ draw: RaffleDraw; winners: RaffleWinner[] }> {
    const { secrets } = this.#options;
    const { serials, digest } = await this.#claims(campaign);
    const secret = secrets.unwrap("draw", campaign.drawSecret!.wrapped);
    const seed = winnersSeed(secret, campaign.id, "", digest, entropy);
    const prizes = campaign.prizes.flatMap(({ no, quota }) => new Array<number>(quota!).fill(no));
    const picked = pickWinners(seed, serials.length, prizes.length);
    const winners = picked.map((place, at) => ({
      position: at + 1,
      prizeNo: prizes[at]!,
      serial: serials[place]!,
    }));
    return {
      draw: {
        campaignNo: campaign.no,
        tickets: serials.length,
        winners: winners.length,
        digest,
        entropy,
        drawMs: Date.now(),
      },
      winners,
    };
  }

  /** All tickets that were claimed, in the order of their serials. */
  async #claims(campaign: Campaign): Promise<{ serials: Float64Array; digest: Buffer }> {
    const { ledger } = this.#options;
    const { first, size } = campaign.tickets!.ranges[0]!;
    const last = await ledger.lastClaim(campaign.space.no, first, first + size);
    const end = last === undefined ? first : last + 1;
    const serials = new Float64Array(end - first);
    const claims = new ClaimsDigest();
    // The database reads the next parts while one is digested.
    const parts: Promise<Claim[]>[] = [];
    for (let from = first; from < end || parts.length > 0; ) {
      for (; from < end && parts.length < partsAtOnce; from += partSerials) {
        const part = ledger.claims(campaign.space.no, from, Math.min(from + partSerials, end));
        part.catch(() => {});
        parts.push(part);
      }
      for (const { serial, userHash } of await parts.shift()!) {
        serials[claims.count] = serial;
        claims.addTicket(serial - first, userHash);
      }
    }
    return { serials: serials.subarray(0, claims.count), digest: claims.digest() };
  }
}
