// `npm test`: servers first, then every test. Arguments go to vitest: `npm test -- src/codes`.
import { createCLI } from "vitest/node";
import { ensureServers } from "../test/servers/ensure-servers.ts";

try {
  ensureServers();
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
createCLI().parse([process.execPath, "vitest", "run", ...process.argv.slice(2)]);
