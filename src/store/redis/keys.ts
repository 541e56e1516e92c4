import type { Pool, Rule } from "../../campaign/plan.ts";

/**
 * Every Redis key, spelled once. All keys of a partition share its hash tag, so that one Function call may touch them all on a
 * cluster. A campaign has a few fixed keys a partition: hashes, each read by one HMGET and written by one HSET a batch.
 */
export function partitionKeys(partitionNo: number, partitions: number) {
  const prefix = `allot:{${tagOf(partitionNo, partitions)}}:`;
  return {
    /** Hash: epoch, n, clock, total, trimmed, arming. */
    fence: `${prefix}fence`,
    /** Stream: what was handed out and is not yet in the ledger; ids are epoch-n. */
    outbox: `${prefix}outbox`,
    /** String: number and reply of a lane's last batch that wrote something. */
    lane: (id: string) => `${prefix}lane:${id}`,
    /** Hash: rev, and for each pool its blocks (`poolField`) and for each prize how many were handed out (`issuedField`). */
    stock: (campaignNo: number) => `${prefix}c${campaignNo}:stock`,
    /** Hash: request key → other fields 8, serial 6, time 6 bytes. */
    requests: (campaignNo: number) => `${prefix}c${campaignNo}:requests`,
    /** Hash: key → count; a daily rule has one a day, which expires when the day is long over. */
    rule: (campaignNo: number, rule: Rule["name"], date: string) =>
      `${prefix}c${campaignNo}:${rule}${date === "" ? "" : `:${date}`}`,
    /** All keys of campaigns, for SCAN. */
    campaigns: `${prefix}c*`,
  };
}

export type PartitionKeys = ReturnType<typeof partitionKeys>;

/** A pool's field in the stock hash; `day` is "" where the pool is not daily. */
export const poolField = (prizeNo: number, day: string) =>
  day === "" ? `p${prizeNo}` : `p${prizeNo}@${day}`;

export const issuedField = (prizeNo: number) => `i${prizeNo}`;

/** The date that a pool's or rule's key carries; "" where it does not depend on the day. */
export const dateOf = (part: Pool | Rule, day: { date: string } | undefined) => (part.daily ? day!.date : "");

/** The slot of a key on a cluster: CRC16 (XMODEM) modulo 16,384, by the Redis Cluster specification. */
function keySlot(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc % 16384;
}

/** Hash tags are chosen by slot, so that partitions spread evenly over any number of masters. */
function tagOf(partitionNo: number, partitions: number): string {
  const name = `p${String(partitionNo).padStart(2, "0")}`;
  const slots = 16384 / partitions;
  for (let i = 0; ; i++) {
    const tag = i === 0 ? name : `${name}.${i.toString(36)}`;
    if (Math.floor(keySlot(tag) / slots) === partitionNo) return tag;
  }
}
