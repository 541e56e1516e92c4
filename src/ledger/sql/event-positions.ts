import type { EventHead, EventPosition, Place } from "../events.ts";
import type { Database, Queries } from "./database.ts";

/** By the counts that are written with the entries: there is no counting of millions of rows. */
export async function eventHeads(queries: Queries): Promise<EventHead[]> {
  const counts = await queries
    .selectFrom("prize_count")
    .select(({ fn }) => ["campaign_no", fn.sum<number>("issued").as("entries")])
    .groupBy("campaign_no")
    .execute();
  const facts = await queries.selectFrom("event_head").selectAll().execute();
  const heads = new Map<number, EventHead>();
  for (const { campaign_no: campaignNo, entries } of counts)
    heads.set(campaignNo, { campaignNo, entries, seq: 0 });
  for (const { campaign_no: campaignNo, seq } of facts)
    heads.set(campaignNo, { campaignNo, entries: heads.get(campaignNo)?.entries ?? 0, seq });
  return [...heads.values()];
}

export function eventEnd(db: Database, campaignNo: number): Promise<EventPosition> {
  return db.read(async (tx) => {
    const head = await tx
      .selectFrom("event_head")
      .select("seq")
      .where("campaign_no", "=", campaignNo)
      .executeTakeFirst();
    const partitions = await tx
      .selectFrom("prize_count")
      .select(({ fn }) => ["partition_no", fn.sum<number>("issued").as("entries")])
      .where("campaign_no", "=", campaignNo)
      .groupBy("partition_no")
      .orderBy("partition_no")
      .execute();
    const places = new Map<number, Place>();
    let entries = 0;
    for (const partition of partitions) {
      entries += partition.entries;
      const last = await tx
        .selectFrom("entry")
        .select(["epoch", "n", "i"])
        .where("campaign_no", "=", campaignNo)
        .where("partition_no", "=", partition.partition_no)
        .orderBy("epoch", "desc")
        .orderBy("n", "desc")
        .orderBy("i", "desc")
        .limit(1)
        .executeTakeFirst();
      if (last) places.set(partition.partition_no, last);
    }
    return { campaignNo, entries, places, seq: head?.seq ?? 0 };
  });
}

export async function eventPositions(queries: Queries, endpointNo: number): Promise<EventPosition[]> {
  const rows = await queries
    .selectFrom("webhook_position")
    .selectAll()
    .where("endpoint_no", "=", endpointNo)
    .execute();
  return rows.map((row) => ({
    campaignNo: row.campaign_no,
    entries: row.entries,
    places: readPlaces(row.places),
    seq: row.seq,
  }));
}

export async function putPosition(tx: Queries, endpointNo: number, position: EventPosition): Promise<void> {
  const values = { entries: position.entries, places: writePlaces(position.places), seq: position.seq };
  const key = { endpoint_no: endpointNo, campaign_no: position.campaignNo };
  const { numUpdatedRows } = await tx
    .updateTable("webhook_position")
    .set(values)
    .where("endpoint_no", "=", endpointNo)
    .where("campaign_no", "=", position.campaignNo)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  await tx
    .insertInto("webhook_position")
    .values({ ...key, ...values })
    .execute();
}

type WrittenPlace = [partitionNo: number, epoch: number, n: number, i: number];

function writePlaces(places: Map<number, Place>): string {
  return JSON.stringify([...places].map(([no, { epoch, n, i }]): WrittenPlace => [no, epoch, n, i]));
}

function readPlaces(text: string): Map<number, Place> {
  return new Map((JSON.parse(text) as WrittenPlace[]).map(([no, epoch, n, i]) => [no, { epoch, n, i }]));
}
