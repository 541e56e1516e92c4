import type { Entry } from "../../ledger.ts";
import type { OutboxBatch, Partition, Recorded } from "../../lending.ts";
import type { Database, Queries } from "../../sql/database.ts";
import { conflictOf, type DeadLetter, keepDeadLetters } from "./dead-letters.ts";
import { handBack } from "./hand-back.ts";
import { insertEntries } from "./insert-entries.ts";
import { lockPartition } from "./partitions.ts";
import { spend } from "./spend.ts";

export function record(db: Database, partitionNo: number, batches: OutboxBatch[]): Promise<Recorded> {
  return db.write(async (tx) => {
    const partition = await lockPartition(tx, partitionNo);
    const fresh = batches.filter((batch) => isAbove(batch, partition)).sort(byNumber);
    const last = fresh.at(-1);
    if (!last) return { recorded: 0, dead: 0, highEpoch: partition.highEpoch, highN: partition.highN };

    const entries = fresh.flatMap((batch) => batch.entries).sort(byKey);
    const taken = await insertEntries(db, tx, entries);
    const letters: DeadLetter[] = [];
    for (const entry of taken) {
      const problem = await conflictOf(tx, entry);
      if (problem) letters.push({ ...place(entry), problem, content: entry });
    }
    const notNew = new Set(taken);
    const recorded = notNew.size === 0 ? entries : entries.filter((entry) => !notNew.has(entry));
    await count(tx, partitionNo, recorded);
    await spend(tx, partitionNo, entries, notNew);
    letters.push(...(await handBack(tx, partitionNo, fresh)));
    await keepDeadLetters(tx, letters);
    await moveMark(tx, partition, fresh, last);
    return { recorded: recorded.length, dead: letters.length, highEpoch: last.epoch, highN: last.n };
  });
}

function isAbove(batch: OutboxBatch, { highEpoch, highN }: Partition): boolean {
  return batch.epoch > highEpoch || (batch.epoch === highEpoch && batch.n > highN);
}

const byNumber = (a: OutboxBatch, b: OutboxBatch) => a.epoch - b.epoch || a.n - b.n;
const byKey = (a: Entry, b: Entry) => a.epoch - b.epoch || a.n - b.n || a.i - b.i;
const place = ({ partitionNo, epoch, n, i }: Entry) => ({ partitionNo, epoch, n, i });

/** Adds to the counts by prize, which nobody else changes for this partition. */
async function count(tx: Queries, partitionNo: number, recorded: Entry[]): Promise<void> {
  const byPrize = Map.groupBy(recorded, ({ campaignNo, prizeNo }) => `${campaignNo} ${prizeNo}`);
  for (const entries of byPrize.values()) {
    const { campaignNo, prizeNo } = entries[0]!;
    const { numUpdatedRows } = await tx
      .updateTable("prize_count")
      .set(({ eb }) => ({ issued: eb("issued", "+", entries.length) }))
      .where("campaign_no", "=", campaignNo)
      .where("prize_no", "=", prizeNo)
      .where("partition_no", "=", partitionNo)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) continue;
    await tx
      .insertInto("prize_count")
      .values({
        campaign_no: campaignNo,
        prize_no: prizeNo,
        partition_no: partitionNo,
        issued: entries.length,
      })
      .execute();
  }
}

async function moveMark(
  tx: Queries,
  partition: Partition,
  fresh: OutboxBatch[],
  last: OutboxBatch,
): Promise<void> {
  const clockMs = fresh.reduce((latest, { timeMs }) => Math.max(latest, timeMs), partition.clockMs);
  await tx
    .updateTable("partition_state")
    .set({ high_epoch: last.epoch, high_n: last.n, clock_ms: clockMs })
    .where("no", "=", partition.no)
    .execute();
}
