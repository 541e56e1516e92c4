import { sql } from "kysely";
import type { Entry, EntryKey } from "../../ledger.ts";
import type { Queries } from "../../sql/database.ts";
import { inOrder } from "../../sql/entries.ts";

/**
 * Reads on along the primary key, from entry to campaign: the other way round, which the optimizer may prefer, all entries of the
 * campaigns would be sorted for each page.
 */
export function entriesOf(
  queries: Queries,
  partitionNo: number,
  after: EntryKey | undefined,
  limit: number,
): Promise<Entry[]> {
  const query = queries
    .selectFrom("entry")
    .innerJoin("campaign", "campaign.no", "entry.campaign_no")
    .modifyFront(sql`straight_join`)
    .selectAll("entry")
    .where("entry.partition_no", "=", partitionNo)
    .where("campaign.retired", "=", 0)
    .where("campaign.deleted_ms", "is", null);
  return inOrder(query, after, limit);
}
