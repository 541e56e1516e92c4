import type { Entry, EntryKey } from "../../ledger.ts";
import type { Queries } from "../../sql/database.ts";
import { inOrder } from "../../sql/entries.ts";

/** Along the primary key: to the end of the campaign that `after` is of, then on with the campaigns behind it. */
export async function entriesOf(
  queries: Queries,
  partitionNo: number,
  campaignNos: number[],
  after: (EntryKey & { campaignNo: number }) | undefined,
  limit: number,
): Promise<Entry[]> {
  const ofCampaigns = (nos: number[]) =>
    queries
      .selectFrom("entry")
      .selectAll()
      .where("campaign_no", "in", nos)
      .where("partition_no", "=", partitionNo)
      .orderBy("campaign_no");
  const entries = after ? await inOrder(ofCampaigns([after.campaignNo]), after, limit) : [];
  const behind = campaignNos.filter((no) => !after || no > after.campaignNo);
  if (entries.length < limit && behind.length > 0)
    entries.push(...(await inOrder(ofCampaigns(behind), undefined, limit - entries.length)));
  return entries;
}
