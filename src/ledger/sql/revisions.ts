import type { Campaign } from "../../campaign/campaign.ts";
import type { Revision } from "../draw-records.ts";
import type { Queries } from "./database.ts";

/** Keeps what a campaign is at its revision, in the transaction that makes it. */
export async function keepRevision(tx: Queries, campaign: Campaign): Promise<void> {
  const { revision, startMs, endMs, timeZone, prizes, limits, paused, endedMs, updateMs } = campaign;
  const content: Omit<Revision, "createMs"> = {
    revision,
    startMs,
    endMs,
    timeZone,
    prizes,
    limits,
    paused,
    endedMs,
  };
  await tx
    .insertInto("campaign_revision")
    .values({ campaign_no: campaign.no, revision, content: JSON.stringify(content), create_ms: updateMs })
    .execute();
}

/** All revisions of a campaign, the first one first. */
export async function revisions(queries: Queries, campaignNo: number): Promise<Revision[]> {
  const rows = await queries
    .selectFrom("campaign_revision")
    .select(["content", "create_ms"])
    .where("campaign_no", "=", campaignNo)
    .orderBy("revision")
    .execute();
  return rows.map(({ content, create_ms }) => ({ ...JSON.parse(content), createMs: create_ms }));
}
