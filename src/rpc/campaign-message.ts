import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Campaign, type CampaignState, stateAt } from "../campaign/campaign.ts";
import type { Stats } from "../campaign/effects.ts";
import {
  type Campaign as CampaignMessage,
  CampaignSchema,
  Campaign_State as State,
} from "../gen/allot/v1/campaign_pb.js";

const STATES: Record<CampaignState, State> = {
  scheduled: State.SCHEDULED,
  active: State.ACTIVE,
  paused: State.PAUSED,
  ended: State.ENDED,
};

/** A campaign as callers see it at an instant, with its stats where they are at hand. */
export function campaignMessage(campaign: Campaign, nowMs: number, stats?: Stats): CampaignMessage {
  const { space } = campaign;
  return create(CampaignSchema, {
    id: campaign.id,
    name: campaign.name,
    startTime: timestampFromMs(campaign.startMs),
    endTime: timestampFromMs(campaign.endMs),
    timeZone: campaign.timeZone,
    mechanic: { case: "firstCome", value: {} },
    prizes: campaign.prizes.map(({ id, name, quota, dailyQuota, attributes }) => ({
      id,
      name,
      quota,
      dailyQuota,
      attributes,
    })),
    limits: campaign.limits,
    codeFormat: {
      alphabet: space.alphabet,
      length: space.length,
      prefix: space.prefix,
      allowGuessable: campaign.allowGuessable,
    },
    partitions: campaign.partitions,
    state: STATES[stateAt(campaign, nowMs)],
    revision: campaign.revision,
    stats: stats && {
      issued: stats.issued,
      remaining: stats.remaining,
      undrained: stats.undrained,
      inDoubt: stats.inDoubt,
      prizes: campaign.prizes.map(({ id }, at) => ({ prizeId: id, ...stats.prizes[at] })),
    },
    createTime: timestampFromMs(campaign.createMs),
    updateTime: timestampFromMs(campaign.updateMs),
  });
}

/** Undefined for what is no state. */
export function stateOf(message: State): CampaignState | undefined {
  const states = Object.keys(STATES) as CampaignState[];
  return states.find((state) => STATES[state] === message);
}
