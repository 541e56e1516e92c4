import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { freePort } from "../../test/servers/free-port.ts";
import { serverFolder, TestServer } from "../../test/servers/test-server.ts";

/** A file of this folder, in a process of its own like the server beside it. */
export type Yardstick = "bare" | "bare-http2" | "echo" | "echo-http2" | "nothing" | "nothing-http2";

export async function startYardstick(name: Yardstick): Promise<TestServer> {
  const port = await freePort();
  return TestServer.start({
    ...(await serverFolder(name)),
    name,
    command: process.execPath,
    args: [fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
    env: { PORT: String(port) },
    url: `http://127.0.0.1:${port}`,
    port,
    isReady: () => listens(port),
  });
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
