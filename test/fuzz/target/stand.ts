import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeApiKey } from "../../../src/auth/api-key.ts";
import { ROLES } from "../../../src/auth/roles.ts";
import { openLedgerOnce } from "../../../src/commands/open-ledger.ts";
import { loadConfig } from "../../../src/config.ts";
import type { Known } from "../grammar/known.ts";
import { prepare } from "./prepare.ts";
import { FuzzedServer } from "./server.ts";

/** A prepared server's folder, from which servers are started anew, alike every time. */
export interface Stand {
  /** Of the server at rest; copied, never served from. */
  readonly stateDir: string;
  readonly credentials: readonly string[];
  readonly known: Known;
  start(): Promise<FuzzedServer>;
  remove(): void;
}

export async function makeStand(): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), "allot-fuzz-"));
  const stateDir = join(folder, "state");
  mkdirSync(stateDir, { mode: 0o700 });
  const credentials = await makeKeys(stateDir);
  const server = await FuzzedServer.start(stateDir, { ALLOT_REQUEST_TIMEOUT_MS: "10000" });
  let known: Known;
  try {
    known = await prepare(server.url, credentials[0]!);
  } finally {
    await server.kill();
  }
  return { ...standOn(folder, stateDir), credentials, known };
}

/** An API key of each role, the manager's first; no server has the folder open. */
async function makeKeys(dataDir: string): Promise<string[]> {
  const ledger = await openLedgerOnce(loadConfig({ ALLOT_DATA: dataDir }));
  const keys = ROLES.map((role) => makeApiKey("fuzz", role, Date.now()));
  for (const { stored } of keys) await ledger.addApiKey(stored);
  await ledger.close();
  return keys.map(({ text }) => text);
}

/** On the folder that a find was kept with. */
export function standOn(folder: string, stateDir: string): Pick<Stand, "stateDir" | "start" | "remove"> {
  let starts = 0;
  return {
    stateDir,
    start() {
      const dataDir = join(folder, `served-${starts++}`);
      if (starts > 1) rmSync(join(folder, `served-${starts - 2}`), { recursive: true, force: true });
      cpSync(stateDir, dataDir, { recursive: true });
      return FuzzedServer.start(dataDir);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
