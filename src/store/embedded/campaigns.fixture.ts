import { type Plan, planOf } from "../../campaign/plan.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { CampaignSetup, StoreHarness } from "../store.contract.ts";
import type { Store } from "../store.ts";

/** Campaigns of a SQLite ledger, whose store is what a test is about. */
export function campaignsIn(ledger: Ledger): Pick<StoreHarness, "campaign" | "revise" | "recorded"> {
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
          mechanic: setup.mechanic ?? { kind: "first-come" },
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
    async recorded(plan: Plan) {
      const entries = await ledger.entriesOf(plan.campaignNo, {}, undefined, 10_000);
      return entries.map(({ userId, prizeNo, serial, number, drawnNo, timeMs }) => ({
        ...{ userId, prizeNo, serial, number, drawnNo, timeMs },
      }));
    },
  };
}

/** Whichever store is current, as a server uses it: it bans in the ledger first. */
export function storeIn(ledger: Ledger, current: () => Store): Store {
  return {
    lanes: 1,
    take: (...batch) => current().take(...batch),
    issued: (...of) => current().issued(...of),
    nowMs: (...of) => current().nowMs(...of),
    forget: (...of) => current().forget(...of),
    seal: (...of) => current().seal(...of),
    async ban(partitionNo, userHash, banned) {
      const change = { userHash, userId: "somebody", banned, reason: "", nowMs: Date.now() };
      await ledger.setBan(change, undefined);
      await current().ban(partitionNo, userHash, banned);
    },
    release: (...of) => current().release(...of),
  };
}
