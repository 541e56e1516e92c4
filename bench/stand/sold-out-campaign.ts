import type { Stand } from "./stand.ts";

/** A campaign whose coupons are all gone: users ask for them, a hundred at a time, until one is told so. */
export async function soldOutCampaign(stand: Stand, quota: number): Promise<string> {
  const campaignId = await stand.createCampaign("sold-out", { quota });
  for (let users = 0; ; users += 100) {
    const asking = Array.from({ length: 100 }, (_, i) =>
      stand.clients.coupons.issueCoupon({ campaignId, userId: `first-${users + i}` }),
    );
    const answers = await Promise.all(asking);
    if (answers.some(({ outcome }) => outcome.case === "refusal")) return campaignId;
  }
}
