import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import type { Campaign } from "../campaign/campaign.ts";
import type { CampaignChange } from "../campaign/change.ts";
import { checked } from "../campaign/problem.ts";
import { idProblem } from "../campaign/text.ts";
import {
  type CampaignServiceDeps,
  campaignNotFound,
  existingCampaign,
  recordedCampaign,
} from "./campaign-access.ts";
import { mutate } from "./mutation.ts";

/** Puts a campaign into another condition, whatever revision it has: paused, running, ended, deleted. */
export interface Switch<Answer> {
  /** What to change; undefined: it is so already. */
  change(campaign: Campaign, nowMs: number): Promise<Omit<CampaignChange, "nowMs"> | undefined>;
  finish(campaign: Campaign): Promise<Answer>;
}

export async function switchCampaign<I extends DescMessage, O extends DescMessage>(
  deps: CampaignServiceDeps,
  method: DescMethodUnary<I, O>,
  request: MessageShape<I> & { campaignId: string; requestId: string },
  { change, finish }: Switch<MessageShape<O>>,
): Promise<MessageShape<O>> {
  const { ledger, clock } = deps;
  return mutate(ledger, method, request, {
    async check() {
      const problem = idProblem(request.campaignId);
      return checked(request.campaignId, problem ? [{ field: "campaign_id", problem }] : []);
    },
    async make(id, mutation) {
      for (;;) {
        const campaign = await existingCampaign(deps, id);
        const nowMs = clock();
        const wanted = await change(campaign, nowMs);
        // An empty change is made for its record, so that a repeat is known when the campaign is in another condition by then.
        if (wanted === undefined && mutation === undefined) return campaign;
        const changed = await ledger.changeCampaign(id, campaign.revision, { ...wanted, nowMs }, mutation);
        switch (changed.kind) {
          case "changed":
            return changed.campaign;
          case "repeated":
            return undefined;
          case "not-found":
            throw campaignNotFound(id);
          case "no-room":
            throw new Error("the ledger wants room for a change without prizes");
          case "revision-mismatch":
          // Somebody was faster: decide again on what they left.
        }
      }
    },
    recall: (subject) => recordedCampaign(deps, subject),
    finish,
  });
}
