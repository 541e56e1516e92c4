import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll } from "vitest";
import { clientsOf } from "./client.ts";
import { startAllot, testMasterKey } from "./servers/allot.ts";
import { freshDatabase } from "./servers/fresh-database.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";
import { verifiesDraws } from "./verify/verifies-draws.ts";

let redis: RedisServer;
let servers: TestServer[];
let env: Record<string, string>;
beforeAll(async () => {
  const [started, mysqlUrl] = await Promise.all([startRedis(), freshDatabase()]);
  redis = started;
  env = { REDIS_URL: redis.url, MYSQL_URL: mysqlUrl, ALLOT_PARTITIONS: "4", ALLOT_MASTER_KEY: testMasterKey };
  servers = await Promise.all([startAllot({ env }), startAllot({ env })]);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await redis.stop();
});

verifiesDraws(() => ({
  clients: servers.map(({ url }) => clientsOf(url)),
  env,
  async sql(statement) {
    const connection = await createConnection(env.MYSQL_URL!);
    await connection.query(statement);
    await connection.end();
  },
}));
