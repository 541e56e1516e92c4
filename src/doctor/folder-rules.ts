import { showBytes } from "./bytes.ts";
import { bad, type Finding, judgeBy, ok, type Rule, warn } from "./finding.ts";
import type { FolderFacts } from "./folder-facts.ts";

const GiB = 1024 ** 3;
/** A million coupons take about 300 MiB. */
const amplyFreeBytes = 2 * GiB;
const leastFreeBytes = GiB / 4;

/** Numbers of Linux' statfs(2) that need a word; any other is taken for a local disk. */
const network = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
  [0x00c36400, "CephFS"],
]);
const memory = new Map([
  [0x01021994, "tmpfs"],
  [0x858458f6, "ramfs"],
]);
const overlay = 0x794c7630;

export function judgeFolder(facts: FolderFacts): Finding[] {
  return judgeBy("data folder", rules, facts);
}

const rules: Rule<FolderFacts>[] = [
  {
    check: "folder",
    why: "The embedded server keeps everything in it, its master key included.",
    judge({ path, exists, writable, mode }) {
      if (!writable) {
        const found = exists ? `${path} can't be written` : `${path} is not there and can't be made`;
        return bad(
          found,
          "Give it to the user that runs Allot (chown), or set ALLOT_DATA to another folder.",
        );
      }
      if (!exists) return ok(`${path} is not there yet; the first start makes it`);
      if ((mode & 0o077) === 0) return ok(path);
      return warn(`${path} is open to other users (mode ${mode.toString(8)})`, `chmod 700 ${path}`);
    },
  },
  {
    check: "files",
    why: "Whoever reads the master key and the database can predict codes that are not given out yet.",
    judge({ path, exposed }) {
      if (exposed.length === 0) return ok("for their owner only");
      const paths = exposed.map((name) => `${path}/${name}`).join(" ");
      const level = exposed.includes("master.key") ? bad : warn;
      return level(`open to other users: ${exposed.join(", ")}`, `chmod 600 ${paths}`);
    },
  },
  {
    check: "file system",
    why: "SQLite's locks and syncs hold on a local disk only, and what is kept in memory is gone with the machine.",
    judge({ fileSystem }) {
      const remedy = "Set ALLOT_DATA to a folder on a local disk, or use Redis and MySQL.";
      if (network.has(fileSystem)) return bad(`${network.get(fileSystem)}, a network file system`, remedy);
      if (memory.has(fileSystem)) return bad(`${memory.get(fileSystem)}, which is memory`, remedy);
      if (fileSystem === overlay) {
        return warn(
          "a container's own layer, which goes with the container",
          "Mount a volume there: docker run -v allot:/data",
        );
      }
      return ok("local");
    },
  },
  {
    check: "free disk",
    why: "A commit that finds no room ends the server.",
    judge({ freeBytes }) {
      const remedy = "Make room, or set ALLOT_DATA to a folder on a larger disk.";
      if (freeBytes >= amplyFreeBytes) return ok(showBytes(freeBytes));
      return (freeBytes >= leastFreeBytes ? warn : bad)(showBytes(freeBytes), remedy);
    },
  },
  {
    check: "lock",
    why: "One server at a time works on a data folder, and a second one refuses to start.",
    judge: ({ inUse }) => ok(inUse ? "a server is running on it" : "free"),
  },
];
