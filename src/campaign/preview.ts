import type { Campaign } from "./campaign.ts";
import type { CampaignChange } from "./change.ts";
import type { CampaignDraft } from "./draft.ts";

/** What the ledger would make of a draft, but for what it numbers and reserves. */
export function createdPreview(draft: CampaignDraft): Campaign {
  const { id, name, startMs, endMs, timeZone, mechanic, limits, allowGuessable, partitions, nowMs } = draft;
  const { requireRegistration, couponExpiry, drawSecret } = draft;
  return {
    no: 0,
    id,
    revision: 1,
    name,
    startMs,
    endMs,
    timeZone,
    mechanic,
    prizes: draft.prizes.map((prize, no) => ({ ...prize, no, ranges: [] })),
    tickets: undefined,
    limits,
    requireRegistration,
    couponExpiry,
    drawSecret,
    space: { no: 0, ...draft.format, wrappedKey: draft.wrappedKey },
    allowGuessable,
    partitions,
    paused: false,
    endedMs: undefined,
    retired: false,
    createMs: nowMs,
    updateMs: nowMs,
  };
}

/** What the ledger would make of a campaign, but for the serials that it reserves. */
export function changedPreview(
  campaign: Campaign,
  { nowMs, prizes, couponExpiry, ...change }: CampaignChange,
): Campaign {
  return {
    ...campaign,
    ...change,
    couponExpiry: couponExpiry === undefined ? campaign.couponExpiry : (couponExpiry ?? undefined),
    prizes: prizes
      ? prizes.map((prize, no) => ({ ...prize, no, ranges: campaign.prizes[no]?.ranges ?? [] }))
      : campaign.prizes,
    revision: campaign.revision + 1,
    updateMs: nowMs,
  };
}
