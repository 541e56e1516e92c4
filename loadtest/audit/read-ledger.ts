import { setTimeout as sleep } from "node:timers/promises";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import { monotonicMs } from "../clock.ts";
import type { Naming } from "../record/naming.ts";
import type { Clients } from "../target/clients.ts";
import { LedgerRows } from "./ledger-rows.ts";

const pollMs = 200;
const pageSize = 1_000;

/** Waits until no coupon of the campaign is on its way to the ledger any more; `drained` is false if that takes too long. */
export const awaitDrained = async (
  { campaigns }: Clients,
  campaignId: string,
  patienceMs: number,
): Promise<{ campaign: Campaign; drained: boolean }> => {
  const endMs = monotonicMs() + patienceMs;
  for (;;) {
    const { campaign } = await campaigns.getCampaign({ campaignId });
    if (!campaign?.stats) throw new Error("GetCampaign answered without stats");
    if (campaign.stats.undrained === 0) return { campaign, drained: true };
    if (monotonicMs() >= endMs) return { campaign, drained: false };
    await sleep(pollMs);
  }
};

/** All coupons of a campaign from the ledger, page by page. */
export const readLedger = async (
  { coupons }: Clients,
  campaignId: string,
  naming: Naming,
): Promise<LedgerRows> => {
  const rows = new LedgerRows(naming);
  let pageToken = "";
  do {
    const page = await coupons.listCoupons({ campaignId, pageSize, pageToken });
    for (const coupon of page.coupons) rows.add(coupon, campaignId);
    if (page.nextPageToken === pageToken && pageToken !== "")
      throw new Error("ListCoupons repeats a page token");
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return rows;
};
