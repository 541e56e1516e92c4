import type { Entry } from "./entries.ts";
import type { EntryRun, OutboxBatch } from "./lending.ts";
import { WhoCursor } from "./packed-who.ts";

/** A run of a batch; `row` is the number of its first entry. */
export interface PlacedRun {
  batch: OutboxBatch;
  run: EntryRun;
  row: number;
}

/** The entries of some batches, numbered from 0 in the order of the ledger's key: by campaign, then as the batches have them. */
export class Rows {
  readonly partitionNo: number;
  readonly runs: PlacedRun[] = [];
  size = 0;

  constructor(partitionNo: number, batches: OutboxBatch[]) {
    this.partitionNo = partitionNo;
    const runs = batches.flatMap((batch) => batch.runs.map((run) => ({ batch, run })));
    for (const { batch, run } of runs.sort((a, b) => a.run.campaignNo - b.run.campaignNo)) {
      this.runs.push({ batch, run, row: this.size });
      this.size += run.size;
    }
  }

  /** One entry as an object, for what is seldom. */
  entry(row: number): Entry {
    const { batch, run, row: first } = this.runs.findLast((placed) => placed.row <= row)!;
    const { epoch, n, timeMs } = batch;
    const { campaignNo, prizeNo, revision, spaceNo, number, drawnNo } = run;
    const offset = row - first;
    const where = { partitionNo: this.partitionNo, epoch, n, i: run.i + offset, campaignNo, prizeNo };
    const serial = run.serial === undefined ? undefined : run.serial + offset;
    const what = { revision, spaceNo, serial, number, drawnNo, timeMs };
    return { ...where, ...what, ...whoAt(run, offset).read() };
  }
}

/** At an entry of a run, by its place in it. */
export function whoAt({ who }: EntryRun, place: number): WhoCursor {
  const cursor = new WhoCursor(who);
  for (let i = 0; i <= place; i++) cursor.next();
  return cursor;
}
