import { setTimeout as delay } from "node:timers/promises";
import type { TestServer } from "../../servers/test-server.ts";
import type { Fault } from "../fault.ts";
import type { Disk } from "../preload/disk.ts";
import type { Stand } from "../stand.ts";

/** The process is gone, and with it whatever it had not synced, wholly or in part. */
const powerLoss = (
  name: string,
  kind: Fault["kind"],
  stands: Fault["stands"],
  partsOf: (stand: Stand) => { process: TestServer; disk: Disk },
): Fault => ({
  name: `power loss of ${name}`,
  kind,
  stands,
  needs: "cc",
  async inject(stand, random) {
    const { process, disk } = partsOf(stand);
    await delay(random.between(0, 400));
    await process.kill();
    const lost = await disk.losePower(random);
    return { did: `${lost} writes lost`, heal: async () => void (await stand.revive()) };
  },
});

export const powerFaults: Fault[] = [
  powerLoss("redis", "aof", ["lent"], ({ redis, disks }) => ({ process: redis!, disk: disks.get("redis")! })),
  powerLoss("an embedded server", "sqlite", ["embedded"], ({ servers, disks }) => ({
    process: servers[0]!.process,
    disk: disks.get("server-0")!,
  })),
];
