import type { Redis } from "ioredis";

export const slots = 16_384;

/** Slots `first` to `last` are served by the master at an address. */
export interface SlotRange {
  first: number;
  last: number;
  host: string;
  port: number;
}

/** The cluster's map as one of its servers knows it; slots that nobody serves are left out. */
export async function readSlotRanges(redis: Redis): Promise<SlotRange[]> {
  const reply = (await redis.call("CLUSTER", "SLOTS")) as [number, number, [string | null, number]][];
  return reply.map(([first, last, [host, port]]) => ({
    first,
    last,
    // A server that does not know its own address, or is told to keep it to itself, means the one it was asked at.
    host: host || redis.options.host!,
    port,
  }));
}

/** The slot of a key, or of its hash tag: CRC16 (XMODEM) modulo 16,384, by the Redis Cluster specification. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc % slots;
}
