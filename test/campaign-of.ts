import { type Campaign, type Prize, ticketsNo } from "../src/campaign/campaign.ts";
import type { CampaignSetup } from "../src/store/store.contract.ts";

/** A campaign at revision 1, as a ledger would hold it. */
export function campaignOf(no: number, setup: CampaignSetup): Campaign {
  const mechanic = setup.mechanic ?? { kind: "first-come" };
  return {
    no,
    id: `c${no}`,
    revision: 1,
    name: "",
    startMs: setup.startMs ?? 0,
    endMs: setup.endMs ?? Date.now() + 1e9,
    timeZone: setup.timeZone,
    mechanic,
    tickets: mechanic.kind === "raffle" ? ticketsOf(mechanic.tickets) : undefined,
    requireRegistration: false,
    couponExpiry: undefined,
    drawSecret: undefined,
    prizes: setup.prizes.map(({ quota, dailyQuota }, prizeNo) => ({
      no: prizeNo,
      id: `p${prizeNo}`,
      name: "",
      quota,
      dailyQuota,
      oddsPpm: 0,
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

const ticketsOf = (quota: number): Prize => ({
  ...{ no: ticketsNo, id: "tickets", name: "", quota, dailyQuota: undefined, oddsPpm: 0 },
  ...{ attributes: {}, ranges: [] },
});
