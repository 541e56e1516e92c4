import { partitionsOf } from "../campaign/partitions.ts";
import type { CouponKey, Redemptions } from "../ledger/redemptions.ts";

export interface CatchUpOptions {
  ledger: Pick<Redemptions, "campaignOfSerial">;
  /** How many the store has. */
  partitions: number;
  /** Moves what these partitions handed out until now into the ledger. */
  flush(partitionNos: number[]): Promise<void>;
}

/** For coupons that were handed out a moment ago and are asked about before the ledger has them. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** By campaign, the move that is under way, and the one that begins after it. */
  readonly #moves = new Map<number, { current: Promise<void>; next: Promise<void> | undefined }>();

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /**
   * Brings in what the coupon's campaign has handed out; false: no campaign has such a coupon, so that looking again finds nothing. Nearly
   * all wrong codes end here, by one look into the ledger.
   */
  async broughtIn(key: CouponKey): Promise<boolean> {
    const campaign = await this.#options.ledger.campaignOfSerial(key);
    if (campaign === undefined) return false;
    await this.#move(campaign.no, partitionsOf(campaign, this.#options.partitions));
    return true;
  }

  /** What was under way before this call may have read too early: whoever comes meanwhile shares the one after it. */
  #move(campaignNo: number, partitionNos: number[]): Promise<void> {
    const moves = this.#moves.get(campaignNo);
    if (moves) {
      moves.next ??= moves.current
        .catch(() => {})
        .then(() => {
          this.#moves.delete(campaignNo);
          return this.#begin(campaignNo, partitionNos);
        });
      return moves.next;
    }
    return this.#begin(campaignNo, partitionNos);
  }

  #begin(campaignNo: number, partitionNos: number[]): Promise<void> {
    const current = this.#options.flush(partitionNos).finally(() => {
      const moves = this.#moves.get(campaignNo);
      if (moves?.current === current && moves.next === undefined) this.#moves.delete(campaignNo);
    });
    this.#moves.set(campaignNo, { current, next: undefined });
    return current;
  }
}
