import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Campaign,
  type CampaignState,
  type CouponExpiry,
  type Mechanic,
  stateAt,
} from "../campaign/campaign.ts";
import type { Stats } from "../campaign/effects.ts";
import { NO_CODES } from "../codes/format.ts";
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

/** A campaign as callers see it at an instant, with its stats where they are at hand. `unwrap` opens a draw secret that is revealed. */
export function campaignMessage(
  campaign: Campaign,
  nowMs: number,
  unwrap: (purpose: "draw", wrapped: Uint8Array) => Uint8Array,
  stats?: Stats,
): CampaignMessage {
  const { space, drawSecret } = campaign;
  return create(CampaignSchema, {
    id: campaign.id,
    name: campaign.name,
    startTime: timestampFromMs(campaign.startMs),
    endTime: timestampFromMs(campaign.endMs),
    timeZone: campaign.timeZone,
    mechanic: mechanicMessage(campaign.mechanic),
    prizes: campaign.prizes.map(({ id, name, quota, dailyQuota, oddsPpm, attributes }) => ({
      id,
      name,
      quota,
      dailyQuota,
      oddsPpm,
      attributes,
    })),
    limits: campaign.limits,
    codeFormat:
      space.length === NO_CODES.length
        ? undefined
        : {
            alphabet: space.alphabet,
            length: space.length,
            prefix: space.prefix,
            allowGuessable: campaign.allowGuessable,
          },
    requireRegistration: campaign.requireRegistration,
    couponExpiry: couponExpiryMessage(campaign.couponExpiry),
    partitions: campaign.partitions,
    state: STATES[stateAt(campaign, nowMs)],
    revision: campaign.revision,
    stats: stats && {
      issued: stats.issued,
      remaining: stats.remaining,
      undrained: stats.undrained,
      inDoubt: stats.inDoubt,
      withoutPrize: stats.withoutPrize,
      prizes: campaign.prizes.map(({ id }, at) => ({ prizeId: id, ...stats.prizes[at] })),
    },
    createTime: timestampFromMs(campaign.createMs),
    updateTime: timestampFromMs(campaign.updateMs),
    secretCommitment: drawSecret?.commitment,
    revealedSecret: drawSecret?.revealed ? unwrap("draw", drawSecret.wrapped) : undefined,
  });
}

type Init = Exclude<MessageInitShape<typeof CampaignSchema>, CampaignMessage>;

function mechanicMessage(mechanic: Mechanic): Init["mechanic"] {
  switch (mechanic.kind) {
    case "first-come":
      return { case: "firstCome", value: {} };
    case "instant-win":
      return { case: "instantWin", value: {} };
    case "raffle": {
      const { tickets, autoDraw, requireEntropy } = mechanic;
      return { case: "raffle", value: { tickets, autoDraw, requireEntropy } };
    }
    case "lottery":
      return { case: "lottery", value: { requireEntropy: mechanic.requireEntropy } };
    case "code-pool":
      return { case: "codePool", value: { imported: mechanic.imported } };
  }
}

function couponExpiryMessage(expiry: CouponExpiry | undefined): Init["couponExpiry"] {
  if (expiry === undefined) return { case: undefined };
  return expiry.kind === "at"
    ? { case: "couponExpireTime", value: timestampFromMs(expiry.ms) }
    : { case: "couponLifetime", value: durationFromMs(expiry.ms) };
}

/** Undefined for what is no state. */
export function stateOf(message: State): CampaignState | undefined {
  const states = Object.keys(STATES) as CampaignState[];
  return states.find((state) => STATES[state] === message);
}
