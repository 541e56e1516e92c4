import type { Redis } from "ioredis";
import type { EntryRun, HandBack, OutboxBatch } from "../../ledger/lending.ts";
import { WhoCursor } from "../../ledger/packed-who.ts";
import { isEncrypted } from "./encode.ts";
import { readSerial } from "./serial.ts";
import type { UserIdCipher } from "./user-id-cipher.ts";

const runsAt = 16;
const runBytes = 16;
/** In place of the number of a prize that was drawn: none was. */
const noneDrawn = 65_535;

/** An outbox entry, and the running total of bytes up to and with it, by which the outbox is trimmed. */
export type OutboxEntry = OutboxBatch & { totalBytes: number };

/** Reads up to `count` entries after one, in order. Throws where user ids are encrypted and `userIds` is not given. */
export async function readOutbox(
  redis: Redis,
  key: string,
  after: { epoch: number; n: number },
  count: number,
  userIds: UserIdCipher | undefined,
): Promise<OutboxEntry[]> {
  const from = `(${after.epoch}-${after.n}`;
  const entries = (await redis.xrangeBuffer(key, from, "+", "COUNT", count)) as [Buffer, Buffer[]][];
  return entries.map(([id, fields]) => decodeEntry(id.toString("latin1"), fields, userIds));
}

function decodeEntry(id: string, fields: Buffer[], userIds: UserIdCipher | undefined): OutboxEntry {
  const dash = id.indexOf("-");
  const [epoch, n] = [Number(id.slice(0, dash)), Number(id.slice(dash + 1))];
  const entry: OutboxEntry = { epoch, n, timeMs: 0, totalBytes: 0, runs: [], handBacks: [] };
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
        decodeGroup(entry.runs, value, userIds);
        break;
      case "r":
        entry.handBacks.push(decodeHandBack(value));
        break;
    }
  }
  return entry;
}

/**
 * Campaign 4, revision 4, space 4, rows 2, runs 2 bytes; the runs: index 2, takes 2, prize 2, first serial 6, number 2, drawn prize 2; then of
 * each row, in the order of the runs, length 2 and what a take says about itself, which is left as it is but for the user id, which is decrypted.
 */
function decodeGroup(into: EntryRun[], bytes: Buffer, userIds: UserIdCipher | undefined): void {
  const campaignNo = bytes.readUInt32BE(0);
  const revision = bytes.readUInt32BE(4);
  const spaceNo = bytes.readUInt32BE(8);
  const whoAt = runsAt + bytes.readUInt16BE(14) * runBytes;
  decryptUserIds(bytes.subarray(whoAt), userIds);
  let from = whoAt;
  for (let run = runsAt; run < whoAt; run += runBytes) {
    const i = bytes.readUInt16BE(run);
    const size = bytes.readUInt16BE(run + 2);
    const prizeNo = bytes.readUInt16BE(run + 4);
    const serial = readSerial(bytes, run + 6);
    const number = bytes.readUInt16BE(run + 12);
    const drawn = bytes.readUInt16BE(run + 14);
    const drawnNo = drawn === noneDrawn ? undefined : drawn;
    const isLast = run + runBytes === whoAt;
    const to = isLast ? bytes.length : afterRows(bytes, from, size);
    const who = bytes.subarray(from, to);
    into.push({ campaignNo, revision, spaceNo, prizeNo, i, serial, number, drawnNo, size, who });
    from = to;
  }
}

function decryptUserIds(rows: Buffer, userIds: UserIdCipher | undefined): void {
  const places: number[] = [];
  const who = new WhoCursor(rows);
  while (who.end < rows.length) {
    const flagsAt = who.end + 2;
    who.next();
    if ((rows[flagsAt]! & isEncrypted) === 0) continue;
    rows[flagsAt]! ^= isEncrypted;
    places.push(who.userHashAt, who.userIdAt, who.end);
  }
  if (places.length === 0) return;
  if (!userIds) throw new Error("user ids in the outbox are encrypted, and there is no key to read them by");
  userIds.mix(rows, places);
}

function afterRows(bytes: Buffer, from: number, count: number): number {
  let at = from;
  for (let row = 0; row < count; row++) at += 2 + bytes.readUInt16BE(at);
  return at;
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
