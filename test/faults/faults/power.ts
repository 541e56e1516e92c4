import type { TestServer } from "../../servers/test-server.ts";
import type { Fault } from "../fault.ts";
import type { Disk } from "../preload/disk.ts";
import type { Stand } from "../stand.ts";
import { killAt, type Step, toRedis } from "./kill-at.ts";

/** The process is gone, and with it whatever it had not synced, wholly or in part. */
const powerLoss = (
  name: string,
  kind: Fault["kind"],
  stands: Fault["stands"],
  step: Step | undefined,
  partsOf: (stand: Stand) => { process: TestServer; disk: Disk },
): Fault => ({
  name: `power loss of ${name}${step ? ` at ${step.name}` : ""}`,
  kind,
  stands,
  needs: "cc",
  async inject(stand, random) {
    const { process, disk } = partsOf(stand);
    const when = await killAt(step, stand.servers, () => process, random);
    const lost = await disk.losePower(random);
    return { did: `${when}; ${lost} writes lost`, heal: async () => void (await stand.revive()) };
  },
});

const ofRedis = ({ redis, disks }: Stand) => ({ process: redis!, disk: disks.get("redis")! });
const ofServer = ({ servers, disks }: Stand) => ({
  process: servers[0]!.process,
  disk: disks.get("server-0")!,
});

// Right after a batch was sent Redis is likely to have written and not synced it.
export const powerFaults: Fault[] = [
  ...[undefined, toRedis("allot_take", "sent"), toRedis("allot_grant", "sent", 1)].map((step) =>
    powerLoss("redis", "aof", ["lent"], step, ofRedis),
  ),
  powerLoss("an embedded server", "sqlite", ["embedded"], undefined, ofServer),
];
