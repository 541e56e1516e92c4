import { afterAll, beforeAll } from "vitest";
import { type Clients, clientsOf } from "./client.ts";
import { drawsInstantly } from "./mechanics/draws.ts";
import { drawsLotteries } from "./mechanics/lotteries.ts";
import { rafflesTickets } from "./mechanics/raffles.ts";
import { watchesCampaigns } from "./mechanics/watching.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

let server: TestServer;
let clients: Clients;
beforeAll(async () => {
  server = await startAllot();
  clients = clientsOf(server.url);
});
afterAll(() => server.stop());

drawsInstantly(() => [clients]);
rafflesTickets(() => [clients]);
drawsLotteries(() => [clients]);
watchesCampaigns(() => [clients]);
