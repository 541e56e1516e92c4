import { type Plan, planOf } from "../../campaign/plan.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { CampaignSetup, StoreHarness } from "../store.contract.ts";

/** Campaigns of a SQLite ledger, whose store is what a test is about. */
export function campaignsIn(ledger: Ledger): Pick<StoreHarness, "campaign" | "revise"> {
  let campaigns = 0;
  return {
    async campaign(setup: CampaignSetup) {
      const created = await ledger.createCampaign(
        {
          id: `c${++campaigns}`,
          name: "",
          startMs: setup.startMs ?? 0,
          endMs: setup.endMs ?? Date.now() + 1e9,
          timeZone: setup.timeZone,
          mechanic: { kind: "first-come" },
          requireRegistration: false,
          couponExpiry: undefined,
          drawSecret: undefined,
          prizes: setup.prizes.map(({ quota, dailyQuota }, i) => ({
            id: `p${i}`,
            name: "",
            quota,
            dailyQuota,
            oddsPpm: 0,
            attributes: {},
          })),
          limits: {
            perUser: setup.perUser ?? 0,
            perUserPerDay: setup.perUserPerDay ?? 0,
            perAddress: setup.perAddress ?? 0,
          },
          format: { alphabet: "0123456789ABCDEF", length: 12, prefix: "" },
          allowGuessable: false,
          partitions: 1,
          wrappedKey: Buffer.alloc(32),
          nowMs: Date.now(),
        },
        undefined,
      );
      if (created.kind !== "created") throw new Error(created.kind);
      return planOf(created.campaign);
    },
    async revise(plan: Plan) {
      const campaign = await ledger.campaignByNo(plan.campaignNo);
      await ledger.changeCampaign(campaign!.id, plan.revision, { name: "new", nowMs: Date.now() }, undefined);
    },
  };
}
