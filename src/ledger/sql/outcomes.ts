import { sql } from "kysely";
import type { OutcomeCount, OutcomeCounts } from "../outcomes.ts";
import { type Database, inserted, type Queries } from "./database.ts";

/** Rows of one transaction. */
const rowsAtOnce = 1_000;

export function sqlOutcomes(db: Database): OutcomeCounts {
  const { kysely } = db;
  return {
    async addOutcomes(counts) {
      // In the order of their keys, so that servers that add at the same time don't wait in a circle.
      const sorted = counts.toSorted(
        (a, b) => a.campaignNo - b.campaignNo || (a.outcome < b.outcome ? -1 : 1),
      );
      for (let at = 0; at < sorted.length; at += rowsAtOnce) {
        const some = sorted.slice(at, at + rowsAtOnce);
        await db.write(async (tx) => {
          for (const one of some) await add(db, tx, one);
        });
      }
    },
    async outcomes(campaignNo) {
      const rows = await kysely
        .selectFrom("campaign_outcome")
        .select(["outcome", "count"])
        .where("campaign_no", "=", campaignNo)
        .orderBy("outcome")
        .execute();
      return rows.map(({ outcome, count }) => ({ campaignNo, outcome, count }));
    },
  };
}

async function add(db: Database, tx: Queries, counted: OutcomeCount): Promise<void> {
  if (await added(tx, counted)) return;
  const { campaignNo, outcome, count } = counted;
  const row = { campaign_no: campaignNo, outcome, count };
  if (await inserted(db, tx.insertInto("campaign_outcome").values(row))) return;
  // Somebody else was the first.
  await added(tx, counted);
}

async function added(tx: Queries, { campaignNo, outcome, count }: OutcomeCount): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("campaign_outcome")
    .set({ count: sql`count + ${count}` })
    .where("campaign_no", "=", campaignNo)
    .where("outcome", "=", outcome)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
