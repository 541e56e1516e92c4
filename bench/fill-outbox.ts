/**
 * A worker that writes packed entries into an outbox as issuers do: `perSecond` coupons for `seconds`, in entries of `size`, so many
 * every ten milliseconds; Infinity: all at once. It says "ready", waits to be told, and at last says the running total of bytes. A thread
 * of its own, so that its CPU is nobody else's.
 */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { Redis } from "ioredis";
import { packedRun, runFrom } from "./outbox-rows.ts";

export interface Filling {
  redisUrl: string;
  key: string;
  epoch: number;
  /** Number of the first entry, and serial of its first coupon. */
  n: number;
  serial: number;
  totalBytes: number;
  campaignNo: number;
  spaceNo: number;
  size: number;
  entries: number;
  perSecond: number;
}

const { redisUrl, key, epoch, n, serial, campaignNo, spaceNo, size, entries, perSecond, ...rest } =
  workerData as Filling;
const redis = new Redis(redisUrl);
const packed = Array.from({ length: entries }, (_, i) =>
  packedRun(runFrom(serial + i * size, { campaignNo, spaceNo, size, requests: false })),
);
let { totalBytes } = rest;
await redis.ping();
parentPort!.postMessage("ready");
await once(parentPort!, "message");
const startMs = performance.now();
for (let i = 0; i < entries; ) {
  const dueMs = performance.now() - startMs;
  const due = Math.min(entries, Math.floor((dueMs / 1_000) * (perSecond / size)) + 1);
  const pipeline = redis.pipeline();
  for (; i < due; i++) {
    totalBytes += packed[i]!.length;
    pipeline.xadd(key, `${epoch}-${n + i}`, "t", Date.now(), "c", totalBytes, "g", packed[i]!);
  }
  await pipeline.exec();
  if (i < entries) await delay(10);
}
redis.disconnect();
parentPort!.postMessage(totalBytes);
parentPort!.close();
