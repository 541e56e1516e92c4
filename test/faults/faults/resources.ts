import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Fault } from "../fault.ts";
import type { Disk } from "../preload/disk.ts";
import type { Stand } from "../stand.ts";

/** Redis has reached what it may use: it takes no more, and evicts nothing. */
const memoryFull: Fault = {
  name: "redis reaches maxmemory",
  kind: "resource",
  stands: ["lent"],
  async inject({ redis }, random) {
    const control = new Redis(redis!.url);
    const used = Number(/used_memory:(\d+)/.exec(await control.info("memory"))![1]);
    await control.config("SET", "maxmemory", String(Math.floor(used * 0.9)));
    const lastsMs = random.between(300, 2_000);
    await delay(lastsMs);
    return {
      did: `${lastsMs} ms`,
      heal: async () => {
        await control.config("SET", "maxmemory", "0");
        control.disconnect();
      },
    };
  },
};

/** No file can grow. Whoever can't go on without ends, and is started again when there is room. */
const diskFull = (
  name: string,
  stands: Fault["stands"],
  diskOf: (stand: Stand) => Disk | undefined,
): Fault => ({
  name: `the disk of ${name} is full`,
  kind: "resource",
  stands,
  needs: "cc",
  async inject(stand, random) {
    const disk = diskOf(stand)!;
    await delay(random.between(0, 200));
    await disk.setFull(true);
    const lastsMs = random.between(300, 2_000);
    await delay(lastsMs);
    return {
      did: `${lastsMs} ms`,
      heal: async () => {
        await disk.setFull(false);
        await stand.revive();
      },
    };
  },
});

export const resourceFaults: Fault[] = [
  memoryFull,
  diskFull("redis", ["lent"], ({ disks }) => disks.get("redis")),
  diskFull("mysql", ["lent"], ({ disks }) => disks.get("mysql")),
  diskFull("an embedded server", ["embedded"], ({ disks }) => disks.get("server-0")),
];
