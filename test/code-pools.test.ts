import { afterAll, beforeAll, describe } from "vitest";
import { describesPools } from "./code-pools/contract.ts";
import { describesImports } from "./code-pools/import-contract.ts";
import { type PoolClients, poolClientsOf } from "./code-pools/pool-clients.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

describe("code pools of an embedded server", () => {
  let server: TestServer;
  let clients: PoolClients;
  beforeAll(async () => {
    server = await startAllot();
    clients = poolClientsOf(server.url);
  });
  afterAll(() => server.stop());

  describesPools(() => clients);
  describesImports(() => clients);
});
