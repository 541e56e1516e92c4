import { randomBytes } from "node:crypto";
import type { EntryRun } from "../src/ledger/lending.ts";

let users = 0;

/** Who took `size` coupons, as the store packs it: new users with ids of some ten bytes and, where asked for, request ids. */
function packedWho(size: number, requests: boolean): Buffer {
  const rows = Array.from({ length: size }, () => {
    const userId = Buffer.from(`user-${users++}`);
    const head = Buffer.of(0, 0, requests ? 1 : 0);
    const row = Buffer.concat([head, randomBytes(requests ? 40 : 16), userId]);
    row.writeUInt16BE(row.length - 2);
    return row;
  });
  return Buffer.concat(rows);
}

export interface RunsOf {
  campaignNo: number;
  spaceNo: number;
  size: number;
  requests: boolean;
}

/** What a batch that was issued whole hands to the ledger: one run, from a serial on. */
export function runFrom(serial: number, { campaignNo, spaceNo, size, requests }: RunsOf): EntryRun {
  const who = packedWho(size, requests);
  const what = { campaignNo, revision: 1, spaceNo, prizeNo: 0, number: 0, drawnNo: undefined };
  return { ...what, i: 0, serial, size, who };
}

/** The same, of coupons, as the field g of an outbox entry: see src/store/redis/outbox.ts. */
export function packedRun({
  campaignNo,
  revision,
  spaceNo,
  prizeNo,
  i,
  serial,
  size,
  who,
}: EntryRun): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32BE(campaignNo, 0);
  head.writeUInt32BE(revision, 4);
  head.writeUInt32BE(spaceNo, 8);
  head.writeUInt16BE(size, 12);
  head.writeUInt16BE(1, 14);
  head.writeUInt16BE(i, 16);
  head.writeUInt16BE(size, 18);
  head.writeUInt16BE(prizeNo, 20);
  head.writeUIntBE(serial!, 22, 6);
  // Number 0, and no prize was drawn.
  head.writeUInt16BE(65_535, 30);
  return Buffer.concat([head, who]);
}
