import { setTimeout as sleep } from "node:timers/promises";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import { monotonicMs } from "../clock.ts";
import type { Clients } from "../target/clients.ts";

const pollMs = 200;

/** Waits until nothing of the campaign is on its way to the ledger any more; `drained` is false if that takes too long. */
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
