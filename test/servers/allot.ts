import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";
import { serverFolder, TestServer } from "./test-server.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface AllotOptions {
  /** Settings; REDIS_URL and MYSQL_URL make it use them, without them it is embedded in its own folder. */
  env?: Record<string, string>;
  args?: string[];
  dir?: string;
  /** Whether it counts as started as soon as its port answers, ready or not. */
  unready?: boolean;
}

/** One master key for all servers of a test run, since they may share a ledger. */
export const testMasterKey = randomBytes(32).toString("base64");

/** A server of ours as users start it, in a process of its own. */
export async function startAllot({
  env = {},
  args = ["serve"],
  dir,
  unready = false,
}: AllotOptions = {}): Promise<TestServer> {
  const port = await freePort();
  const folder = await serverFolder("allot", dir);
  const url = `http://127.0.0.1:${port}`;
  return await TestServer.start({
    ...folder,
    name: "allot",
    command: process.execPath,
    args: [program, ...args],
    env: {
      PORT: String(port),
      HOST: "127.0.0.1",
      ALLOT_DATA: `${folder.dir}/data`,
      ...(env.MYSQL_URL !== undefined && { ALLOT_MASTER_KEY: testMasterKey }),
      ...env,
    },
    url,
    port,
    async isReady() {
      try {
        const response = await fetch(`${url}${unready ? "/healthz" : "/readyz"}`, {
          signal: AbortSignal.timeout(1_000),
        });
        return response.ok;
      } catch {
        return false;
      }
    },
  });
}
