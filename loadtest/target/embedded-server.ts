import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface EmbeddedServer {
  host: string;
  port: number;
  /** Its SQLite file. */
  databasePath: string;
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const startMs = 20_000;
const stopMs = 10_000;
const pollMs = 50;
const outputKeptChars = 4_000;
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/**
 * Starts `allot serve` on a free loopback port with its data in a temporary folder, and waits until it is ready. It runs in a
 * process group of its own, so that Ctrl-C ends the load first and the server after the report.
 */
export const startEmbeddedServer = async (): Promise<EmbeddedServer> => {
  const dataFolder = await mkdtemp(join(tmpdir(), "allot-loadtest-"));
  const port = await freePort();
  const child = spawn(process.execPath, [main, "serve"], {
    env: { ...ownEnvironment(), HOST: host, PORT: String(port), ALLOT_DATA: dataFolder },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const output = lastOutput(child);
  const abandon = (): void => {
    child.kill("SIGKILL");
    rmSync(dataFolder, { recursive: true, force: true });
  };
  process.once("exit", abandon);

  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      const gone = once(child, "exit");
      if (!(await Promise.race([gone, sleep(stopMs, undefined, { ref: false })]))) child.kill("SIGKILL");
      await gone;
    }
    process.off("exit", abandon);
    await rm(dataFolder, { recursive: true, force: true });
  };

  const giveUpAt = Date.now() + startMs;
  while (!(await isReady(port))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (!ended && Date.now() < giveUpAt) {
      await sleep(pollMs);
      continue;
    }
    await stop();
    throw new Error(`the embedded server did not get ready:\n${output()}`);
  }
  return { host, port, databasePath: join(dataFolder, "allot.db"), stop };
};

/** The environment without any setting of another Allot server. */
const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ALLOT_|REDIS_URL|MYSQL_URL)/.test(name)),
  );

const isReady = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://${host}:${port}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

const lastOutput = (child: ChildProcess): (() => string) => {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-outputKeptChars);
    });
  return () => text;
};
