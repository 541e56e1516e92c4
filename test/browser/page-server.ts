import { fileURLToPath } from "node:url";
import { freePort } from "../servers/free-port.ts";
import { serverFolder, TestServer } from "../servers/test-server.ts";

const program = fileURLToPath(new URL("../../examples/browser/build.ts", import.meta.url));

/** The example's page, built and served as its README says. */
export async function startPage(): Promise<TestServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return await TestServer.start({
    ...(await serverFolder("page")),
    name: "page",
    command: process.execPath,
    args: [program, "--serve"],
    env: { PAGE_PORT: String(port) },
    url,
    port,
    isReady: () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
}
