import { beforeAll, expect, test } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import type { CampaignDraft } from "../../campaign/draft.ts";
import { create, NOW_MS, prize } from "./harness.ts";
import { type LendingHarness, StoreSide, serialsOf } from "./lending-harness.ts";

const TODAY = "2026-11-20";

export function followsChanges(harness: () => LendingHarness): void {
  let store: StoreSide;
  beforeAll(async () => {
    store = new StoreSide(harness());
    await store.arm(0);
  });
  const campaignOf = (...prizes: CampaignDraft["prizes"]) => create(harness().ledger, { prizes });
  const setQuota = async ({ id }: Campaign, ...prizes: CampaignDraft["prizes"]) => {
    await harness().ledger.changeCampaign(id, undefined, { prizes, nowMs: NOW_MS }, undefined);
  };

  test("a lowered quota is over-lent until it is recalled and settled", async () => {
    const { lending } = harness();
    const campaign = await campaignOf(prize("a", 10), prize("b", 10, 8), prize("c", undefined));
    const [a, b, c] = [
      await store.pool(campaign, 0),
      await store.pool(campaign, 1, TODAY),
      await store.pool(campaign, 2),
    ];
    const [ofA, ofB] = [await store.block(a, 8), await store.block(b, 6), await store.block(c, 6)];
    expect(await lending.overLent(campaign.no)).toEqual([]);
    await setQuota(campaign, prize("a", 5), prize("b", 10, 5), prize("c", undefined));
    expect(await lending.overLent(campaign.no)).toEqual([0, 1]);
    expect(await store.next(a, 9, false)).toEqual({ kind: "nothing" });
    await store.spend(campaign, a, [ofA.first, ofA.first + 1]);
    await store.handBack(campaign, a, ofA, 6);
    expect(await lending.settleQuota(campaign.no, 0)).toBe(6);
    expect((await harness().ledger.campaign(campaign.id))!.prizes[0]!.quota).toBe(6);
    expect(await lending.settleQuota(campaign.no, 0)).toBe(6);
    expect(await lending.settleQuota(campaign.no, 2)).toBeUndefined();
    // A day is over-lent as long as something of it can come back.
    expect(await lending.overLent(campaign.no)).toEqual([1]);
    await store.spend(campaign, b, serialsOf(ofB));
    expect(await lending.overLent(campaign.no)).toEqual([]);
    expect(await store.next(b, 1)).toMatchObject({ block: { exhausted: "day" } });
  });

  test("a campaign is unpushed from a change until its latest revision is pushed", async () => {
    const { lending, ledger } = harness();
    const campaign = await campaignOf(prize("a", 10));
    const mine = async () =>
      (await lending.unpushed(1_000)).filter(({ campaignNo }) => campaignNo === campaign.no);
    expect(await mine()).toEqual([]);
    await setQuota(campaign, prize("a", 11));
    await setQuota(campaign, prize("a", 12));
    expect(await mine()).toEqual([{ campaignNo: campaign.no, revision: 3 }]);
    await lending.pushed(campaign.no, 2);
    expect(await mine()).toHaveLength(1);
    await lending.pushed(campaign.no, 3);
    await lending.pushed(campaign.no, 2);
    expect(await mine()).toEqual([]);
    await ledger.changeCampaign(campaign.id, 3, { deletedMs: NOW_MS, nowMs: NOW_MS }, undefined);
    expect(await mine()).toEqual([{ campaignNo: campaign.no, revision: 4 }]);
    expect(await lending.unpushed(0)).toEqual([]);
  });
}
