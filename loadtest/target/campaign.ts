import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import type { Scenario } from "../scenario/scenario.ts";
import type { Clients } from "./clients.ts";

const openAfterLoadMs = 3_600_000;

/** Creates the campaign that a scenario wants, under an id of this run's own. */
export const createCampaign = async (
  { campaigns }: Clients,
  wish: { run: string; scenario: Scenario; quota: number; durationMs: number },
): Promise<Campaign> => {
  const { run, scenario, quota, durationMs } = wish;
  const startMs = Date.now() + scenario.startDelayMs;
  const { campaign } = await campaigns.createCampaign({
    campaign: {
      id: `loadtest-${run}`,
      name: `Load test: ${scenario.summary}`,
      ...(scenario.startDelayMs > 0 && { startTime: timestampFromMs(startMs) }),
      endTime: timestampFromMs(startMs + durationMs + openAfterLoadMs),
      ...scenario.mechanic.campaign(quota),
      limits: scenario.limits,
    },
    requestId: `loadtest-${run}`,
  });
  if (!campaign) throw new Error("CreateCampaign answered without a campaign");
  return campaign;
};

/** A campaign that is there already, with its stats. */
export const findCampaign = async ({ campaigns }: Clients, campaignId: string): Promise<Campaign> => {
  const { campaign } = await campaigns.getCampaign({ campaignId });
  if (!campaign) throw new Error("GetCampaign answered without a campaign");
  return campaign;
};
