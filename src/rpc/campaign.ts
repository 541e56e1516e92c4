import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { stateAt } from "../campaign/campaign.ts";
import { idProblem } from "../campaign/text.ts";
import {
  CampaignService,
  DeleteCampaignResponseSchema,
  EndCampaignResponseSchema,
  GetCampaignResponseSchema,
  PauseCampaignResponseSchema,
  ResumeCampaignResponseSchema,
} from "../gen/allot/v1/campaign_pb.js";
import { type CampaignServiceDeps, existingCampaign, inForce, withStats } from "./campaign-access.ts";
import { createCampaign } from "./campaign-creation.ts";
import { listCampaigns } from "./campaign-list.ts";
import { switchCampaign } from "./campaign-switch.ts";
import { updateCampaign } from "./campaign-update.ts";
import { fault, invalid } from "./errors.ts";
import { answering } from "./outage.ts";
import { Watch, watchCampaign } from "./watch-campaign.ts";

export type { CampaignServiceDeps } from "./campaign-access.ts";

/** CampaignService as allot/v1/campaign.proto has it. Throws Faults and ConnectErrors for the caller. */
export function createCampaignService(deps: CampaignServiceDeps): ServiceImpl<typeof CampaignService> {
  const { method } = CampaignService;
  const watch = new Watch();
  return {
    createCampaign: answering((request) => createCampaign(deps, request)),

    getCampaign: answering(async ({ campaignId }) => {
      const problem = idProblem(campaignId);
      if (problem !== undefined) throw invalid([{ field: "campaign_id", problem }]);
      const campaign = await withStats(deps, await existingCampaign(deps, campaignId));
      return create(GetCampaignResponseSchema, { campaign });
    }),

    listCampaigns: answering((request) => listCampaigns(deps, request)),

    updateCampaign: answering((request) => updateCampaign(deps, request)),

    pauseCampaign: answering((request) =>
      switchCampaign(deps, method.pauseCampaign, request, {
        async change(campaign, nowMs) {
          if (!campaign.paused && stateAt(campaign, nowMs) !== "ended") return { paused: true };
        },
        async finish(campaign) {
          return create(PauseCampaignResponseSchema, { campaign: await inForce(deps, campaign) });
        },
      }),
    ),

    resumeCampaign: answering((request) =>
      switchCampaign(deps, method.resumeCampaign, request, {
        async change(campaign, nowMs) {
          if (campaign.paused && stateAt(campaign, nowMs) !== "ended") return { paused: false };
        },
        async finish(campaign) {
          return create(ResumeCampaignResponseSchema, { campaign: await inForce(deps, campaign) });
        },
      }),
    ),

    endCampaign: answering((request) =>
      switchCampaign(deps, method.endCampaign, request, {
        async change(campaign, nowMs) {
          if (stateAt(campaign, nowMs) !== "ended") return { endedMs: nowMs };
        },
        async finish(campaign) {
          return create(EndCampaignResponseSchema, { campaign: await inForce(deps, campaign) });
        },
      }),
    ),

    // What it throws between two events reaches the caller like any other error.
    watchCampaign: (request, context) => watchCampaign(watch, deps, request, context),

    deleteCampaign: answering((request) =>
      switchCampaign(deps, method.deleteCampaign, request, {
        async change(campaign, nowMs) {
          if (stateAt(campaign, nowMs) !== "ended") {
            throw fault("NOT_DELETABLE", "The campaign has not ended: end it first, with EndCampaign.");
          }
          if (!(await deps.effects.drained(campaign))) {
            throw fault(
              "NOT_DELETABLE",
              "Coupons of the campaign are still on their way to the ledger: try again when its stats.undrained is 0.",
            );
          }
          return { deletedMs: nowMs };
        },
        async finish(campaign) {
          deps.campaigns.invalidate(campaign.id);
          await deps.effects.forget(campaign);
          return create(DeleteCampaignResponseSchema);
        },
      }),
    ),
  };
}
