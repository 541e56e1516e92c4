import { sql } from "kysely";
import type { OutboxBatch, Partition, Recorded } from "../../lending.ts";
import { Rows } from "../../rows.ts";
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

    const rows = new Rows(partitionNo, fresh);
    const taken = new Set(await insertEntries(db, tx, rows));
    const letters: DeadLetter[] = [];
    for (const row of taken) {
      const entry = rows.entry(row);
      const problem = await conflictOf(tx, entry);
      const { epoch, n, i } = entry;
      if (problem) letters.push({ partitionNo, epoch, n, i, problem, content: entry });
    }
    await count(tx, rows, taken);
    await spend(tx, rows, taken);
    letters.push(...(await handBack(tx, partitionNo, fresh)));
    await keepDeadLetters(tx, letters);
    await moveMark(tx, partition, fresh, last);
    const recorded = rows.size - taken.size;
    return { recorded, dead: letters.length, highEpoch: last.epoch, highN: last.n };
  });
}

function isAbove(batch: OutboxBatch, { highEpoch, highN }: Partition): boolean {
  return batch.epoch > highEpoch || (batch.epoch === highEpoch && batch.n > highN);
}

const byNumber = (a: OutboxBatch, b: OutboxBatch) => a.epoch - b.epoch || a.n - b.n;

/** Adds to the counts by prize, which nobody else changes for this partition. */
async function count(tx: Queries, rows: Rows, taken: Set<number>): Promise<void> {
  const prizes = Map.groupBy(rows.runs, ({ run }) => `${run.campaignNo} ${run.prizeNo}`);
  const counts = [...prizes.values()].map((runs) => {
    const { campaignNo, prizeNo } = runs[0]!.run;
    let issued = 0;
    for (const { run, row } of runs) {
      issued += run.size;
      if (taken.size > 0) for (let k = 0; k < run.size; k++) if (taken.has(row + k)) issued--;
    }
    return { campaign_no: campaignNo, prize_no: prizeNo, partition_no: rows.partitionNo, issued };
  });
  const more = counts.filter(({ issued }) => issued > 0);
  if (more.length === 0) return;
  await tx
    .insertInto("prize_count")
    .values(more)
    .onDuplicateKeyUpdate({ issued: sql`issued + values(issued)` })
    .execute();
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
