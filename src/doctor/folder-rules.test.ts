import { describe, expect, test } from "vitest";
import type { FolderFacts } from "./folder-facts.ts";
import { judgeFolder } from "./folder-rules.ts";

const safe: FolderFacts = {
  path: "/srv/allot",
  exists: true,
  mode: 0o700,
  writable: true,
  exposed: [],
  fileSystem: 0xef53,
  freeBytes: 2 ** 36,
  inUse: false,
};

const troubles = (change: Partial<FolderFacts>) =>
  Object.fromEntries(
    judgeFolder({ ...safe, ...change })
      .filter(({ level }) => level !== "ok")
      .map(({ check, level }) => [check, level]),
  );

describe("a data folder", () => {
  test.each<[string, Partial<FolderFacts>, Record<string, "warn" | "bad">]>([
    ["as it should be", {}, {}],
    ["in use", { inUse: true }, {}],
    ["not there yet", { exists: false, mode: 0o755 }, {}],
    ["not there and not to be made", { exists: false, writable: false }, { folder: "bad" }],
    ["of somebody else", { writable: false }, { folder: "bad" }],
    ["that everybody can list", { mode: 0o755 }, { folder: "warn" }],
    ["whose database others may read", { exposed: ["allot.db"] }, { files: "warn" }],
    ["whose key others may read", { exposed: ["allot.db", "master.key"] }, { files: "bad" }],
    ["on NFS", { fileSystem: 0x6969 }, { "file system": "bad" }],
    ["in memory", { fileSystem: 0x01021994 }, { "file system": "bad" }],
    ["in a container's layer", { fileSystem: 0x794c7630 }, { "file system": "warn" }],
    ["on a small disk", { freeBytes: 2 ** 30 }, { "free disk": "warn" }],
    ["on a full disk", { freeBytes: 2 ** 20 }, { "free disk": "bad" }],
  ])("%s", (_, change, expected) => expect(troubles(change)).toEqual(expected));
});
