import type { Fact, Facts, FactType } from "../events.ts";
import type { Queries } from "./database.ts";

/**
 * Tells a fact in the transaction that makes it one. It holds the row of the campaign's last fact until that ends, so that facts are
 * numbered without gaps in the order in which they are committed: call it late.
 */
export function appendEvent<Type extends FactType>(
  tx: Queries,
  campaignNo: number,
  type: Type,
  data: Facts[Type],
  timeMs: number = Date.now(),
): Promise<void> {
  return appendEvents(tx, [{ campaignNo, type, data, timeMs } as Fact]);
}

/** Tells several facts, those of a campaign in their order. */
export async function appendEvents(tx: Queries, facts: Fact[]): Promise<void> {
  const byCampaign = Map.groupBy(facts, ({ campaignNo }) => campaignNo);
  // Everybody takes the rows in the same order, so that nobody waits in a circle.
  const campaignNos = [...byCampaign.keys()].sort((a, b) => a - b);
  for (const campaignNo of campaignNos) {
    const own = byCampaign.get(campaignNo)!;
    const last = await advance(tx, campaignNo, own.length);
    const rows = own.map(({ type, data, timeMs }, i) => ({
      campaign_no: campaignNo,
      seq: last - own.length + 1 + i,
      type,
      data: JSON.stringify(data),
      create_ms: timeMs,
    }));
    await tx.insertInto("event").values(rows).execute();
  }
}

/** Moves a campaign's head on and returns where it is then. */
async function advance(tx: Queries, campaignNo: number, count: number): Promise<number> {
  if (!(await moved(tx, campaignNo, count))) {
    try {
      await tx.insertInto("event_head").values({ campaign_no: campaignNo, seq: count }).execute();
      return count;
    } catch (error) {
      // Another transaction has told the campaign's first fact meanwhile.
      if (!(await moved(tx, campaignNo, count))) throw error;
    }
  }
  const { seq } = await tx
    .selectFrom("event_head")
    .select("seq")
    .where("campaign_no", "=", campaignNo)
    .executeTakeFirstOrThrow();
  return seq;
}

async function moved(tx: Queries, campaignNo: number, count: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("event_head")
    .set(({ eb }) => ({ seq: eb("seq", "+", count) }))
    .where("campaign_no", "=", campaignNo)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
