import { partitionsOf } from "../campaign/partitions.ts";
import { NextRun } from "../issuing/next-run.ts";
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
  /** By campaign; those who ask at once share a move. */
  readonly #moves = new Map<number, NextRun>();

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /**
   * Brings in what the coupon's campaign has handed out; false: no campaign has such a coupon, so that looking again finds nothing. Nearly
   * all wrong codes end here, by one look into the ledger.
   */
  async broughtIn(key: CouponKey): Promise<boolean> {
    const { ledger, partitions, flush } = this.#options;
    const campaign = await ledger.campaignOfSerial(key);
    if (campaign === undefined) return false;
    const nos = partitionsOf(campaign, partitions);
    const move = this.#moves.getOrInsertComputed(campaign.no, () => new NextRun(() => flush(nos)));
    try {
      await move.run();
    } finally {
      if (move.isIdle && this.#moves.get(campaign.no) === move) this.#moves.delete(campaign.no);
    }
    return true;
  }
}
