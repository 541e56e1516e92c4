import type { Campaign } from "../campaign/campaign.ts";
import { dayAt } from "../campaign/day.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import { type Plan, planOf, ruleKeys } from "../campaign/plan.ts";
import type { CouponRow, Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import { Recurring } from "./recurring.ts";

export interface ReleasesOptions {
  ledger: Pick<Ledger, "campaign" | "campaignByNo" | "unreleased" | "isUnreleased" | "released">;
  store: Pick<Store, "release">;
  effects: Pick<CampaignEffects, "applied">;
  log: Logger;
}

const intervalMs = 2_000;
const roundCoupons = 100;

/**
 * Brings returned coupons from the ledger to the store: it counts them no more against their users' limits, and what was sold out gives out
 * again. Also those whose maker died, or lost the store, before it did.
 */
export class Releases extends Recurring {
  readonly #options: ReleasesOptions;

  constructor(options: ReleasesOptions) {
    super("releases", intervalMs, options.log);
    this.#options = options;
  }

  /**
   * Resolves when the store has what the ledger has of this coupon. Throws StoreUnavailable or LedgerUnavailable; then it will be tried
   * again in the background.
   */
  async settle(coupon: CouponRow): Promise<void> {
    if (await this.#options.ledger.isUnreleased(coupon)) await this.#release(coupon.campaignNo, [coupon]);
  }

  async round(): Promise<void> {
    const coupons = await this.#options.ledger.unreleased(roundCoupons);
    for (const [campaignNo, of] of Map.groupBy(coupons, (coupon) => coupon.campaignNo)) {
      await this.#release(campaignNo, of);
    }
  }

  async #release(campaignNo: number, coupons: CouponRow[]): Promise<void> {
    const { ledger, store, effects } = this.#options;
    const campaign = await ledger.campaignByNo(campaignNo);
    // A campaign that left the store counts nobody any more.
    const isThere = campaign && !campaign.retired && (await ledger.campaign(campaign.id)) !== undefined;
    if (isThere) {
      const plan = planOf(campaign);
      // Where entries have numbers the chance stays spent: a number that came again would be the same draw again.
      const isReleased = plan.numberedBy === undefined;
      for (const coupon of isReleased ? coupons : []) {
        await store.release(coupon.partitionNo, releasedFrom(campaign, plan, coupon));
      }
      await effects.applied(campaign);
    }
    for (const coupon of coupons) await ledger.released(coupon);
  }
}

function releasedFrom(campaign: Campaign, plan: Plan, coupon: CouponRow) {
  const { serial, userHash, requestHash, addressHash, timeMs } = coupon;
  // Where the request named no user its own hash stands for one, and no rule per user counted it.
  const isUsers = requestHash === undefined || !userHash.equals(requestHash);
  return {
    plan,
    day: plan.daily ? dayAt(campaign.timeZone, timeMs) : undefined,
    serial,
    keys: ruleKeys(plan, { userHash: isUsers ? userHash : undefined, addressHash }),
  };
}
