import { create } from "@bufbuild/protobuf";
import type { CampaignState } from "../campaign/campaign.ts";
import {
  type ListCampaignsRequest,
  type ListCampaignsResponse,
  ListCampaignsResponseSchema,
} from "../gen/allot/v1/campaign_pb.js";
import type { CampaignServiceDeps } from "./campaign-access.ts";
import { campaignMessage, stateOf } from "./campaign-message.ts";
import { type FieldProblem, invalid } from "./errors.ts";
import { pageOf, pageToken } from "./pages.ts";

export async function listCampaigns(
  { ledger, secrets, clock }: CampaignServiceDeps,
  request: ListCampaignsRequest,
): Promise<ListCampaignsResponse> {
  const problems: FieldProblem[] = [];
  const wanted = new Set<CampaignState>();
  for (const [at, message] of request.states.entries()) {
    const state = stateOf(message);
    if (state) wanted.add(state);
    else problems.push({ field: `states[${at}]`, problem: `There is no state ${message}.` });
  }
  const states = [...wanted].sort();
  const query = ["ListCampaigns", ...states];
  const { size, after } = pageOf(secrets.pageKey, query, request, problems);
  if (problems.length > 0) throw invalid(problems);

  const nowMs = clock();
  const rows = await ledger.campaigns({ states, nowMs }, after?.[0], size + 1);
  const campaigns = rows.slice(0, size);
  const last = campaigns.at(-1);
  return create(ListCampaignsResponseSchema, {
    campaigns: campaigns.map((campaign) => campaignMessage(campaign, nowMs, secrets.unwrap)),
    nextPageToken: rows.length > size && last ? pageToken(secrets.pageKey, query, [last.no]) : "",
  });
}
