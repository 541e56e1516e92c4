import { fileURLToPath } from "node:url";
import { freePort } from "../../test/servers/free-port.ts";
import { serverFolder, TestServer } from "../../test/servers/test-server.ts";

/** The yardstick in a process of its own, like the server beside it. */
export async function startNothing(): Promise<TestServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return TestServer.start({
    ...(await serverFolder("nothing")),
    name: "nothing",
    command: process.execPath,
    args: [fileURLToPath(new URL("./nothing-server.ts", import.meta.url))],
    env: { PORT: String(port) },
    url,
    port,
    isReady: () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
  });
}
