import { create } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { Campaign } from "../campaign/campaign.ts";
import { type CampaignChange, changeOf } from "../campaign/change.ts";
import { changedPreview } from "../campaign/preview.ts";
import { type Checked, checked } from "../campaign/problem.ts";
import {
  CampaignService,
  type UpdateCampaignRequest,
  type UpdateCampaignResponse,
  UpdateCampaignResponseSchema,
} from "../gen/allot/v1/campaign_pb.js";
import type { Mutation } from "../ledger/ledger.ts";
import { type CampaignServiceDeps, campaignNotFound, inForce, recordedCampaign } from "./campaign-access.ts";
import { campaignMessage } from "./campaign-message.ts";
import { fault, faultToConnectError, invalid } from "./errors.ts";
import { mutate } from "./mutation.ts";

interface Update {
  current: Campaign;
  change: CampaignChange;
}

export async function updateCampaign(
  deps: CampaignServiceDeps,
  request: UpdateCampaignRequest,
): Promise<UpdateCampaignResponse> {
  if (request.validateOnly) {
    const { value, problems } = await checkedUpdate(deps, request);
    if (problems !== undefined) throw invalid(problems);
    const campaign = campaignMessage(
      changedPreview(value.current, value.change),
      deps.clock(),
      deps.secrets.unwrap,
    );
    return create(UpdateCampaignResponseSchema, { campaign });
  }
  return mutate(deps.ledger, CampaignService.method.updateCampaign, request, {
    check: () => checkedUpdate(deps, request),
    make: (update, mutation) => changeInLedger(deps, update, mutation),
    recall: (subject) => recordedCampaign(deps, subject),
    async finish(campaign) {
      return create(UpdateCampaignResponseSchema, { campaign: await inForce(deps, campaign) });
    },
  });
}

/** Throws CAMPAIGN_NOT_FOUND and REVISION_MISMATCH, but only for a request that makes sense by itself. */
async function checkedUpdate(
  { ledger, clock }: CampaignServiceDeps,
  request: UpdateCampaignRequest,
): Promise<Checked<Update>> {
  const id = request.campaign?.id ?? "";
  const campaign = await ledger.campaign(id);
  const current = campaign?.revision === request.revision ? campaign : undefined;
  const change = changeOf(request, current, clock());
  if (change.problems !== undefined) return change;
  if (campaign === undefined) throw campaignNotFound(id);
  if (current === undefined) throw revisionMismatch(campaign.revision);
  return checked({ current, change: change.value }, []);
}

async function changeInLedger(
  { ledger }: CampaignServiceDeps,
  { current, change }: Update,
  mutation: Mutation | undefined,
): Promise<Campaign | undefined> {
  const changed = await ledger.changeCampaign(current.id, current.revision, change, mutation);
  switch (changed.kind) {
    case "changed":
      return changed.campaign;
    case "repeated":
      return undefined;
    case "not-found":
      throw campaignNotFound(current.id);
    case "revision-mismatch":
      throw revisionMismatch(changed.revision);
    case "no-room":
      throw invalid([
        {
          field: "campaign.prizes",
          problem: `The campaign's codes leave room for ${changed.room} more: create another campaign with longer codes or another prefix.`,
        },
      ]);
  }
}

function revisionMismatch(revision: number): ConnectError {
  const mismatch = fault(
    "REVISION_MISMATCH",
    `The campaign was changed in between and is at revision ${revision}: read it and decide again.`,
  );
  return faultToConnectError(mismatch, { revision: String(revision) });
}
