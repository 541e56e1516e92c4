import type { Campaign } from "../campaign/campaign.ts";
import type { Campaigns } from "../campaign/campaigns.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import type { Campaign as CampaignMessage } from "../gen/allot/v1/campaign_pb.js";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { campaignMessage } from "./campaign-message.ts";
import { type Fault, fault } from "./errors.ts";

/** What CampaignService works with. */
export interface CampaignServiceDeps {
  ledger: Ledger;
  campaigns: Pick<Campaigns, "invalidate">;
  effects: CampaignEffects;
  /** How many the service has. */
  partitions: number;
  secrets: Pick<Secrets, "wrap" | "unwrap" | "pageKey">;
  /** Milliseconds since the Unix epoch. */
  clock: () => number;
}

export function campaignNotFound(id: string): Fault {
  return fault("CAMPAIGN_NOT_FOUND", `There is no campaign "${id}".`);
}

/** Throws CAMPAIGN_NOT_FOUND. */
export async function existingCampaign({ ledger }: CampaignServiceDeps, id: string): Promise<Campaign> {
  const campaign = await ledger.campaign(id);
  if (campaign === undefined) throw campaignNotFound(id);
  return campaign;
}

/** The campaign that a mutation was recorded on, by its number; deleted ones too. */
export async function recordedCampaign({ ledger }: CampaignServiceDeps, subject: string): Promise<Campaign> {
  const campaign = await ledger.campaignByNo(Number(subject));
  if (campaign === undefined) throw new Error("a mutation was recorded on a campaign that is not there");
  return campaign;
}

export async function withStats(
  { effects, clock, secrets }: CampaignServiceDeps,
  campaign: Campaign,
): Promise<CampaignMessage> {
  const stats = await effects.stats(campaign);
  return campaignMessage(campaign, clock(), secrets.unwrap, stats);
}

/** Shows a changed campaign once the change is in force everywhere. By then the ledger may have settled a lowered quota. */
export async function inForce(deps: CampaignServiceDeps, changed: Campaign): Promise<CampaignMessage> {
  const { ledger, campaigns, effects } = deps;
  campaigns.invalidate(changed.id);
  await effects.applied(changed);
  const settled = await ledger.campaignByNo(changed.no);
  return withStats(deps, settled ?? changed);
}
