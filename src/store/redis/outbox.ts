import type { Redis } from "ioredis";
import type { HandBack, OutboxBatch } from "../../ledger/lending.ts";
import { decodeWho } from "./encode.ts";

const runsAt = 16;
const runBytes = 12;

/** An outbox entry, and the running total of bytes up to and with it, by which the outbox is trimmed. */
export type OutboxEntry = OutboxBatch & { totalBytes: number };

/** Reads up to `count` entries after one, in order. */
export async function readOutbox(
  redis: Redis,
  key: string,
  partitionNo: number,
  after: { epoch: number; n: number },
  count: number,
): Promise<OutboxEntry[]> {
  const from = `(${after.epoch}-${after.n}`;
  const entries = (await redis.xrangeBuffer(key, from, "+", "COUNT", count)) as [Buffer, Buffer[]][];
  return entries.map(([id, fields]) => decodeEntry(partitionNo, id.toString("latin1"), fields));
}

function decodeEntry(partitionNo: number, id: string, fields: Buffer[]): OutboxEntry {
  const [epoch, n] = id.split("-").map(Number) as [number, number];
  const entry: OutboxEntry = { epoch, n, timeMs: 0, totalBytes: 0, entries: [], handBacks: [] };
  for (let f = 0; f < fields.length; f += 2) {
    const value = fields[f + 1]!;
    switch (fields[f]!.toString("latin1")) {
      case "t":
        entry.timeMs = Number(value.toString("latin1"));
        break;
      case "c":
        entry.totalBytes = Number(value.toString("latin1"));
        break;
      case "g":
        decodeGroup(partitionNo, entry, value);
        break;
      case "r":
        entry.handBacks.push(decodeHandBack(value));
        break;
    }
  }
  return entry;
}

/**
 * Campaign 4, revision 4, space 4, rows 2, runs 2 bytes; the runs: index 2, takes 2, prize 2, first serial 6; then of each row, in the
 * order of the runs, length 2 and what a take says about itself.
 */
function decodeGroup(partitionNo: number, entry: OutboxEntry, bytes: Buffer): void {
  const { epoch, n, timeMs } = entry;
  const campaignNo = bytes.readUInt32BE(0);
  const revision = bytes.readUInt32BE(4);
  const spaceNo = bytes.readUInt32BE(8);
  const runs = bytes.readUInt16BE(14);
  let at = runsAt + runs * runBytes;
  for (let run = runsAt; run < runsAt + runs * runBytes; run += runBytes) {
    const index = bytes.readUInt16BE(run);
    const takes = bytes.readUInt16BE(run + 2);
    const prizeNo = bytes.readUInt16BE(run + 4);
    const first = bytes.readUIntBE(run + 6, 6);
    for (let k = 0; k < takes; k++) {
      const i = index + k;
      const serial = first + k;
      const size = bytes.readUInt16BE(at);
      const who = decodeWho(bytes.subarray(at + 2, at + 2 + size));
      at += 2 + size;
      const where = { partitionNo, epoch, n, i, campaignNo, prizeNo };
      entry.entries.push({ ...where, revision, spaceNo, serial, timeMs, ...who });
    }
  }
}

/** Campaign 4, prize 2, block 6, first 6, size 6, then the day with its length in 2 bytes. */
function decodeHandBack(bytes: Buffer): HandBack {
  return {
    campaignNo: bytes.readUInt32BE(0),
    prizeNo: bytes.readUInt16BE(4),
    number: bytes.readUIntBE(6, 6),
    first: bytes.readUIntBE(12, 6),
    size: bytes.readUIntBE(18, 6),
    day: bytes.toString("latin1", 26, 26 + bytes.readUInt16BE(24)),
  };
}
