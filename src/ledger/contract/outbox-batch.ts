import type { Entry } from "../ledger.ts";
import type { EntryRun, HandBack, OutboxBatch } from "../lending.ts";
import { Rows } from "../rows.ts";

/** What a batch says, as objects; the key and the time are those of its entries too. */
export interface Draft {
  epoch: number;
  n: number;
  timeMs: number;
  entries: Entry[];
  handBacks: HandBack[];
}

/** A batch as a store writes it. */
export function outboxBatch({ epoch, n, timeMs, entries, handBacks }: Draft): OutboxBatch {
  const runs: EntryRun[] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    if (last && goesOn(last, entry)) {
      last.size++;
      last.who = Buffer.concat([last.who, packWho(entry)]);
    } else {
      const { campaignNo, revision, spaceNo, prizeNo, number, drawnNo, i, serial } = entry;
      const what = { campaignNo, revision, spaceNo, prizeNo, number, drawnNo };
      runs.push({ ...what, i, serial, size: 1, who: packWho(entry) });
    }
  }
  return { epoch, n, timeMs, runs, handBacks };
}

/** What a batch of a partition gave out. */
export function entriesOf(partitionNo: number, batch: OutboxBatch): Entry[] {
  const rows = new Rows(partitionNo, [batch]);
  return Array.from({ length: rows.size }, (_, row) => rows.entry(row));
}

function goesOn(run: EntryRun, entry: Entry): boolean {
  return (
    run.campaignNo === entry.campaignNo &&
    run.revision === entry.revision &&
    run.spaceNo === entry.spaceNo &&
    run.prizeNo === entry.prizeNo &&
    run.number === entry.number &&
    run.drawnNo === entry.drawnNo &&
    run.i + run.size === entry.i &&
    (run.serial === undefined ? undefined : run.serial + run.size) === entry.serial
  );
}

/** As packed-who.ts reads it. */
function packWho({ userId, userHash, requestHash, requestFields, addressHash }: Entry): Buffer {
  const flags = (requestHash ? 1 : 0) | (addressHash ? 2 : 0);
  const parts = [
    Buffer.of(0, 0, flags),
    userHash,
    // A request hash without its fields, or the other way round, can't be packed.
    ...(requestHash ? [requestHash, requestFields!] : []),
    ...(addressHash ? [addressHash] : []),
    Buffer.from(userId),
  ];
  const bytes = Buffer.concat(parts);
  bytes.writeUInt16BE(bytes.length - 2);
  return bytes;
}
