import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAllot } from "../servers/allot.ts";
import { Hop } from "./hop.ts";
import { Clock } from "./preload/clock.ts";
import { Disk } from "./preload/disk.ts";
import { preloaded } from "./preload/preloaded.ts";
import { revive } from "./revive.ts";
import type { ServingMember, Stand } from "./stand.ts";

/** One server that does everything, in SQLite. */
export async function startEmbedded(): Promise<Stand> {
  const dir = await mkdtemp(join(tmpdir(), "allot-faults-"));
  const name = "server-0";
  const own = join(dir, name);
  const data = join(own, "data");
  await mkdir(data, { recursive: true });
  const clock = await Clock.make(dir);
  const disk = await Disk.make(data, join(dir, "disk"), true);
  const process = await startAllot({ dir: own, env: preloaded(clock, disk), unready: true });
  const door = await Hop.start(process.port);
  const server: ServingMember = { name, process, hops: {}, door, url: `http://127.0.0.1:${door.port}` };
  const stand: Stand = {
    ...{ kind: "embedded", dir, servers: [server] },
    ...{ drain: undefined, redis: undefined, mysql: undefined, ledger: undefined },
    clocks: new Map(clock && [[name, clock]]),
    disks: new Map(disk && [[name, disk]]),
    revive: () => revive(stand),
    async stop(keep) {
      await process.kill();
      await process.stop();
      await door.stop();
      if (!keep) await rm(dir, { recursive: true, force: true });
    },
  };
  return stand;
}
