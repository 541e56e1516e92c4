import { answered } from "../answered.ts";
import type { Stage } from "../mechanic.ts";
import type { Revoked } from "./revoker.ts";

/** What became of coupons that were taken back, once the load is over. */
export interface Refill {
  /** What redeeming them was answered: all the same. */
  redeemed: Map<string, number>;
  /** Coupons that users got in the place of a returned one. */
  reissued: { code: string; coupon: number }[];
  /** What went otherwise. */
  faults: string[];
  /** Coupons that could be issued before they were, and after. */
  remaining: { before: number; after: number };
  /** What somebody else was answered when all was issued again; undefined: not asked, because there was more. */
  oneMore: string | undefined;
}

/** Tries to redeem what was taken back; then those whose unit was returned ask for another coupon, and somebody else for one more. */
export const refill = async (stage: Stage, codes: readonly string[], revoked: Revoked[]): Promise<Refill> => {
  const { clients, campaign, naming, users } = stage;
  const campaignId = campaign.id;
  const redeemed = new Map<string, number>();
  const faults: string[] = [];
  const reissued: Refill["reissued"] = [];
  const remaining = async () =>
    (await clients.campaigns.getCampaign({ campaignId })).campaign?.stats?.remaining ?? 0;
  for (const { code } of revoked) {
    const answer = await answered(() => clients.coupons.redeemCoupon({ code, orderId: `late-${code}` }));
    redeemed.set(answer, (redeemed.get(answer) ?? 0) + 1);
  }
  const before = await remaining();
  for (const { coupon, code, returned } of revoked) {
    const userId = naming.userId(coupon);
    const { outcome, replayed } = await clients.coupons.issueCoupon({ campaignId, userId });
    const got = outcome.case === "coupon" ? outcome.value.code : undefined;
    if (returned && (got === undefined || replayed || codes.includes(got)))
      faults.push(`${userId} gave ${code} back and then got ${got ?? "nothing"}`);
    if (!returned && got !== undefined && got !== code)
      faults.push(`${userId} lost ${code} and then got ${got}`);
    if (returned && got !== undefined && got !== code) reissued.push({ code: got, coupon });
  }
  const after = await remaining();
  const oneMore =
    after > 0
      ? undefined
      : await answered(() => clients.coupons.issueCoupon({ campaignId, userId: naming.userId(users) }));
  return { redeemed, reissued, faults, remaining: { before, after }, oneMore };
};
