import type { Pool, Rule } from "../../campaign/plan.ts";
import { slotOf, slots } from "./slot-ranges.ts";

/**
 * Every Redis key, spelled once. All keys of a partition share its hash tag, so that one Function call may touch them all on a
 * cluster. A campaign has a few fixed keys a partition: hashes, each read by one HMGET and written by one HSET a batch.
 */
export function partitionKeys(partitionNo: number, partitions: number) {
  const tag = tagOf(partitionNo, partitions);
  const prefix = `allot:{${tag}}:`;
  return {
    /** Of all these keys, on a cluster. */
    slot: slotOf(tag),
    /** Hash: epoch, n, clock, total, trimmed, arming and step while it is armed, and bans: how many users are banned. */
    fence: `${prefix}fence`,
    /** Stream: what was handed out and is not yet in the ledger; ids are epoch-n. */
    outbox: `${prefix}outbox`,
    /** String: number and reply of a lane's last batch that wrote something. */
    lane: (id: string) => `${prefix}lane:${id}`,
    /** Hash: user hash of everybody who is banned → 1. */
    bans: `${prefix}bans`,
    /**
     * Hash: rev, sealed (until when, ms), for each pool its blocks (`poolField`), and for each prize how many were handed out (`issuedField`).
     */
    stock: (campaignNo: number) => `${prefix}c${campaignNo}:stock`,
    /** Hash: request key → other fields 8 bytes, stamp (see functions/column.lua). */
    requests: (campaignNo: number) => `${prefix}c${campaignNo}:requests`,
    /** Hash: key → count; a daily rule has one a day, which expires when the day is long over. */
    rule: (campaignNo: number, rule: Rule["name"], date: string) =>
      `${prefix}c${campaignNo}:${rule}${date === "" ? "" : `:${date}`}`,
    /** Hash: serial of each entry that counts no more → 1. */
    released: (campaignNo: number) => `${prefix}c${campaignNo}:released`,
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

/**
 * Hash tags are chosen by slot, so that partitions spread evenly over any number of masters, which hold a run of slots each. Neighbours in
 * number lie far apart in slots, by about the golden ratio: a campaign's few partitions are neighbours, and are to be on several masters.
 */
function tagOf(partitionNo: number, partitions: number): string {
  const name = `p${String(partitionNo).padStart(2, "0")}`;
  const place = (partitionNo * strideOf(partitions)) % partitions;
  for (let i = 0; ; i++) {
    const tag = i === 0 ? name : `${name}.${i.toString(36)}`;
    if (Math.floor((slotOf(tag) * partitions) / slots) === place) return tag;
  }
}

/** The number nearest to partitions ÷ φ that shares no divisor with it, so that every place is taken once. */
function strideOf(partitions: number): number {
  const wanted = partitions * ((Math.sqrt(5) - 1) / 2);
  const sharesNone = (stride: number) => divisor(stride, partitions) === 1;
  return Array.from({ length: partitions }, (_, i) => i + 1)
    .filter(sharesNone)
    .reduce((best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best));
}

/** The greatest that two numbers share (Euclid). */
const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
