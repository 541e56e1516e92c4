import { hash, randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { Campaign, DrawSecret } from "../campaign/campaign.ts";
import { type CampaignDraft, draftOf } from "../campaign/draft.ts";
import { createdPreview } from "../campaign/preview.ts";
import { overlaps } from "../codes/overlap.ts";
import {
  CampaignService,
  type CreateCampaignRequest,
  type CreateCampaignResponse,
  CreateCampaignResponseSchema,
} from "../gen/allot/v1/campaign_pb.js";
import { randomText } from "../keys/random-text.ts";
import type { Mutation } from "../ledger/ledger.ts";
import { type CampaignServiceDeps, recordedCampaign, withStats } from "./campaign-access.ts";
import { campaignMessage } from "./campaign-message.ts";
import { type Fault, fault, invalid } from "./errors.ts";
import { mutate } from "./mutation.ts";

const SPACE_KEY_BYTES = 32;
const DRAW_SECRET_BYTES = 32;
/** A hundred random bits. */
const FRESH_ID_LENGTH = 20;

export async function createCampaign(
  deps: CampaignServiceDeps,
  request: CreateCampaignRequest,
): Promise<CreateCampaignResponse> {
  const check = async () =>
    draftOf(request.campaign, {
      nowMs: deps.clock(),
      freshId: randomText(FRESH_ID_LENGTH),
      wrappedKey: deps.secrets.wrap("code-space", randomBytes(SPACE_KEY_BYTES)),
      drawSecret: freshDrawSecret(deps),
      partitions: deps.partitions,
    });
  if (request.validateOnly) {
    const { value, problems } = await check();
    if (problems !== undefined) throw invalid(problems);
    return create(CreateCampaignResponseSchema, { campaign: await preview(deps, value) });
  }
  return mutate(deps.ledger, CampaignService.method.createCampaign, request, {
    check,
    make: (draft, mutation) => createInLedger(deps, draft, mutation),
    recall: (subject) => recordedCampaign(deps, subject),
    async finish(campaign) {
      deps.campaigns.invalidate(campaign.id);
      deps.effects.prepare(campaign);
      return create(CreateCampaignResponseSchema, { campaign: await withStats(deps, campaign) });
    },
  });
}

/** Committed to from here on. */
function freshDrawSecret({ secrets }: CampaignServiceDeps): DrawSecret {
  const secret = randomBytes(DRAW_SECRET_BYTES);
  return {
    wrapped: secrets.wrap("draw", secret),
    commitment: hash("sha256", secret, "buffer"),
    revealed: false,
  };
}

async function createInLedger(
  { ledger }: CampaignServiceDeps,
  draft: CampaignDraft,
  mutation: Mutation | undefined,
): Promise<Campaign | undefined> {
  const created = await ledger.createCampaign(draft, mutation);
  switch (created.kind) {
    case "created":
      return created.campaign;
    case "repeated":
      return undefined;
    case "id-taken":
      throw campaignExists(draft);
    case "format-overlaps":
      throw formatOverlaps(created);
    case "code-imported":
      throw invalid([
        {
          field: "campaign.code_format",
          problem: `Its codes could be the same as imported ones, such as ${JSON.stringify(created.code)}: use another prefix or another length.`,
        },
      ]);
    case "no-room":
      throw invalid([
        {
          field: "campaign.code_format",
          problem: `Other campaigns use codes of the same format: they leave room for ${created.room}. Use another prefix or longer codes.`,
        },
      ]);
  }
}

/** What would be created, as far as that can be told without trying: a deleted campaign's id and a shared format's room can't. */
async function preview({ ledger, clock, secrets }: CampaignServiceDeps, draft: CampaignDraft) {
  if (await ledger.campaign(draft.id)) throw campaignExists(draft);
  const other = (await ledger.codeSpaces()).find((space) => overlaps(draft.format, space));
  if (other !== undefined) throw formatOverlaps(other);
  return campaignMessage(createdPreview(draft), clock(), secrets.unwrap);
}

function campaignExists({ id }: CampaignDraft): Fault {
  return fault("CAMPAIGN_EXISTS", `There is or was a campaign "${id}": choose another id, or leave it out.`);
}

function formatOverlaps({ prefix, length }: { prefix: string; length: number }): Fault {
  return invalid([
    {
      field: "campaign.code_format",
      problem: `Its codes could be the same as those of another format here (prefix "${prefix}", length ${length}): use another prefix or another length.`,
    },
  ]);
}
