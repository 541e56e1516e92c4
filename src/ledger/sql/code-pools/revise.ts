import type { Campaign } from "../../../campaign/campaign.ts";
import { type CampaignRow, withParts } from "../campaigns.ts";
import type { Queries } from "../database.ts";
import { keepRevision } from "../revisions.ts";

/** A campaign's row, which nobody else changes until the transaction ends. */
export async function lockCampaign(tx: Queries, no: number): Promise<CampaignRow> {
  return tx.selectFrom("campaign").selectAll().where("no", "=", no).forUpdate().executeTakeFirstOrThrow();
}

export async function asCampaign(tx: Queries, row: CampaignRow): Promise<Campaign> {
  const [campaign] = await withParts(tx, [row]);
  return campaign!;
}

/** Makes what was changed of a campaign's prize a revision, so that the store and other servers hear of it. */
export async function revise(tx: Queries, before: CampaignRow, nowMs: number): Promise<Campaign> {
  const change = { revision: before.revision + 1, update_ms: nowMs };
  await tx.updateTable("campaign").set(change).where("no", "=", before.no).execute();
  const campaign = await asCampaign(tx, { ...before, ...change });
  await keepRevision(tx, campaign);
  return campaign;
}
