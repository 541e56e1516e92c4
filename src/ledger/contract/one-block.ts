import { create, prize } from "./harness.ts";
import { type LendingHarness, StoreSide } from "./lending-harness.ts";

/** A campaign of its own with one block of 3,000 serials lent to partition 1, which is armed. */
export async function lendOneBlock(harness: LendingHarness) {
  const { ledger, queries } = harness;
  const store = new StoreSide(harness);
  const campaign = await create(ledger, { prizes: [prize("a", 5_000), prize("b", 5_000)] });
  const pool = await store.pool(campaign, 0, "", 1);
  return {
    store,
    campaign,
    pool,
    block: await store.block(pool, 3_000),
    /** All of the campaign's, in order. */
    coupons: () => ledger.coupons({ campaignNo: campaign.no }, undefined, 10_000),
    /** How many by prize. */
    issued: async () => (await ledger.counts(campaign.no)).map((count) => count.issued),
    /** Those of the campaign. */
    async deadLetters() {
      const rows = await queries.selectFrom("dead_letter").selectAll().orderBy("no").execute();
      return rows.filter(({ content }) => JSON.parse(content).campaignNo === campaign.no);
    },
  };
}
