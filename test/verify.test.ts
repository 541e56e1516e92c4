import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll } from "vitest";
import { clientsOf } from "./client.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";
import { verifiesDraws } from "./verify/verifies-draws.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startAllot();
});
afterAll(() => server.stop());

verifiesDraws(() => ({
  clients: [clientsOf(server.url)],
  env: { ALLOT_DATA: `${server.dir}/data` },
  async sql(statement) {
    const db = new DatabaseSync(`${server.dir}/data/allot.db`);
    db.exec(statement);
    db.close();
  },
}));
