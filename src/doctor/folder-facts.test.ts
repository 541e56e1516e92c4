import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { collectFolder } from "./folder-facts.ts";
import { judgeFolder } from "./folder-rules.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "allot-doctor-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

test("a folder that is not there is judged by the one above, and not made", () => {
  const path = join(dir, "new", "data");
  expect(collectFolder(path)).toMatchObject({
    path,
    exists: false,
    writable: true,
    exposed: [],
    inUse: false,
  });
  expect(existsSync(path)).toBe(false);
});

test("a folder that Allot made is for its owner alone", async () => {
  await openSqlite(dir).close();
  const before = readdirSync(dir);
  expect(collectFolder(dir)).toMatchObject({ exists: true, mode: 0o700, exposed: [], inUse: false });
  expect(readdirSync(dir)).toEqual(before);
});

test("files that others may read are named", () => {
  for (const name of ["allot.db", "master.key"]) writeFileSync(join(dir, name), "");
  chmodSync(join(dir, "allot.db"), 0o600);
  chmodSync(join(dir, "master.key"), 0o640);
  expect(collectFolder(dir).exposed).toEqual(["master.key"]);
});

test("a server that is running on it is seen from another process, and is not disturbed", async () => {
  const program = `import { openSqlite } from ${JSON.stringify(new URL("../ledger/sqlite/open.ts", import.meta.url).href)};
    const { db } = openSqlite(${JSON.stringify(dir)}); console.log("ready");
    process.stdin.once("data", () => { db.exec("INSERT INTO setting VALUES ('x', '')"); console.log("written"); process.exit(); });`;
  const server = spawn(process.execPath, ["--input-type=module-typescript", "-e", program]);
  try {
    await once(server.stdout, "data");
    expect(collectFolder(dir).inUse).toBe(true);
    server.stdin.write("\n");
    expect(String(await once(server.stdout, "data"))).toContain("written");
  } finally {
    server.kill("SIGKILL");
  }
  if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  expect(collectFolder(dir).inUse).toBe(false);
});

test.runIf(process.platform === "linux")("memory is told from a disk", () => {
  const inMemory = mkdtempSync("/dev/shm/allot-doctor-");
  try {
    const found = judgeFolder(collectFolder(inMemory)).find(({ check }) => check === "file system");
    expect(found).toMatchObject({ level: "bad", found: "tmpfs, which is memory" });
  } finally {
    rmSync(inMemory, { recursive: true });
  }
});
