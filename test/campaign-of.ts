import type { Campaign } from "../src/campaign/campaign.ts";
import type { CampaignSetup } from "../src/store/store.contract.ts";

/** A first-come campaign at revision 1, as a ledger would hold it. */
export function campaignOf(no: number, setup: CampaignSetup): Campaign {
  return {
    no,
    id: `c${no}`,
    revision: 1,
    name: "",
    startMs: setup.startMs ?? 0,
    endMs: setup.endMs ?? Date.now() + 1e9,
    timeZone: setup.timeZone,
    mechanic: "first-come",
    prizes: setup.prizes.map(({ quota, dailyQuota }, prizeNo) => ({
      no: prizeNo,
      id: `p${prizeNo}`,
      name: "",
      quota,
      dailyQuota,
      attributes: {},
      ranges: [],
    })),
    limits: {
      perUser: setup.perUser ?? 0,
      perUserPerDay: setup.perUserPerDay ?? 0,
      perAddress: setup.perAddress ?? 0,
    },
    space: { no: 1, alphabet: "0123456789", length: 10, prefix: "", wrappedKey: Buffer.alloc(0) },
    allowGuessable: false,
    partitions: 1,
    paused: false,
    endedMs: undefined,
    retired: false,
    createMs: 0,
    updateMs: 0,
  };
}
