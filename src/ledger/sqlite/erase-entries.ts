import { sql } from "kysely";
import type { Eraser } from "../sql/erase.ts";

/** Entries, found as coupons-by-hash.ts finds them. */
export const entryErasers: readonly Eraser[] = [
  async (tx, userHash, limit) => {
    const { numAffectedRows } = await sql`
      UPDATE entry SET user_id = '' WHERE (campaign_no, partition_no, epoch, n, i) IN (
        SELECT entry.campaign_no, entry.partition_no, entry.epoch, entry.n, entry.i FROM (
          SELECT campaign_no, epoch, n, i FROM entry_by_hash WHERE hash = ${userHash}
          UNION
          SELECT campaign_no, epoch, n, i FROM recent_entry WHERE user_hash = ${userHash}
        ) AS found CROSS JOIN entry
        ON entry.campaign_no = found.campaign_no AND entry.partition_no = 0
          AND entry.epoch = found.epoch AND entry.n = found.n AND entry.i = found.i
        WHERE user_hash = ${userHash} AND user_id <> ''
        LIMIT ${limit}
      )
    `.execute(tx);
    return Number(numAffectedRows);
  },
];
