import type { Campaign } from "../../campaign/campaign.ts";
import type { Queries } from "./database.ts";

/** What is kept of each revision: by what its entries were decided. */
export type Revision = Pick<
  Campaign,
  "revision" | "startMs" | "endMs" | "timeZone" | "prizes" | "limits" | "paused" | "endedMs"
>;

/** Keeps what a campaign is at its revision, in the transaction that makes it. */
export async function keepRevision(tx: Queries, campaign: Campaign): Promise<void> {
  const { revision, startMs, endMs, timeZone, prizes, limits, paused, endedMs, updateMs } = campaign;
  const content: Revision = { revision, startMs, endMs, timeZone, prizes, limits, paused, endedMs };
  await tx
    .insertInto("campaign_revision")
    .values({ campaign_no: campaign.no, revision, content: JSON.stringify(content), create_ms: updateMs })
    .execute();
}

/** All revisions of a campaign, the first one first. */
export async function revisions(queries: Queries, campaignNo: number): Promise<Revision[]> {
  const rows = await queries
    .selectFrom("campaign_revision")
    .select("content")
    .where("campaign_no", "=", campaignNo)
    .orderBy("revision")
    .execute();
  return rows.map(({ content }) => JSON.parse(content));
}
