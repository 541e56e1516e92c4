import type { Redis } from "ioredis";
import type { HandBack, OutboxBatch } from "../../ledger/lending.ts";
import { decodeWho } from "./encode.ts";

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

/** Campaign 4, revision 4, space 4, count 2 bytes; then rows: index 2, prize 2, serial 6, length 2 and what a take says about itself. */
function decodeGroup(partitionNo: number, entry: OutboxEntry, bytes: Buffer): void {
  const campaignNo = bytes.readUInt32BE(0);
  const revision = bytes.readUInt32BE(4);
  const spaceNo = bytes.readUInt32BE(8);
  const count = bytes.readUInt16BE(12);
  let at = 14;
  for (let row = 0; row < count; row++) {
    const i = bytes.readUInt16BE(at);
    const prizeNo = bytes.readUInt16BE(at + 2);
    const serial = bytes.readUIntBE(at + 4, 6);
    const size = bytes.readUInt16BE(at + 10);
    const who = decodeWho(bytes.subarray(at + 12, at + 12 + size));
    at += 12 + size;
    const { epoch, n, timeMs } = entry;
    entry.entries.push({
      partitionNo,
      epoch,
      n,
      i,
      campaignNo,
      prizeNo,
      revision,
      spaceNo,
      serial,
      timeMs,
      ...who,
    });
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
