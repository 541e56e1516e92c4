import { afterAll, beforeAll } from "vitest";
import { type Clients, clientsOf } from "./client.ts";
import { drawsInstantly } from "./mechanics/draws.ts";
import { drawsLotteries } from "./mechanics/lotteries.ts";
import { rafflesTickets } from "./mechanics/raffles.ts";
import { watchesCampaigns } from "./mechanics/watching.ts";
import { startAllot } from "./servers/allot.ts";
import { freshDatabase } from "./servers/fresh-database.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import type { TestServer } from "./servers/test-server.ts";

let redis: RedisServer;
let servers: TestServer[];
let clients: Clients[];
beforeAll(async () => {
  const [started, mysqlUrl] = await Promise.all([startRedis(), freshDatabase()]);
  redis = started;
  const env = { REDIS_URL: redis.url, MYSQL_URL: mysqlUrl, ALLOT_PARTITIONS: "4" };
  servers = await Promise.all([startAllot({ env }), startAllot({ env })]);
  clients = servers.map(({ url }) => clientsOf(url));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await redis.stop();
});

drawsInstantly(() => clients);
rafflesTickets(() => clients);
drawsLotteries(() => clients);
watchesCampaigns(() => clients);
