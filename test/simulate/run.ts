import type { Campaign } from "../../src/campaign/campaign.ts";
import { partitionsOf } from "../../src/campaign/partitions.ts";
import { CodeBook } from "../../src/issuing/code-book.ts";
import { KnownCampaigns } from "../../src/issuing/known-campaigns.ts";
import { openSecrets } from "../../src/keys/secrets.ts";
import { mysqlLending } from "../../src/ledger/mysql/lending/lending.ts";
import { sqlLedger } from "../../src/ledger/sql/ledger.ts";
import { partitionKeys } from "../../src/store/redis/keys.ts";
import { Books } from "./books.ts";
import { drawCampaigns } from "./campaigns.ts";
import { check } from "./check.ts";
import { Clients } from "./client.ts";
import { type Faults, none } from "./faults.ts";
import { openLedger } from "./ledger/dialect.ts";
import { LedgerServer } from "./ledger/server.ts";
import { Manager } from "./manager.ts";
import { Nemesis } from "./nemesis.ts";
import type { Random } from "./random.ts";
import { RedisHost } from "./redis/host.ts";
import { type Backends, masterKey, Server } from "./server.ts";
import { Users } from "./users.ts";
import { World } from "./world.ts";

export interface Outcome {
  seed: number;
  steps: number;
  /** Of virtual time. */
  seconds: number;
  told: number;
  issued: number;
  faults: Record<string, number>;
  digest: string;
  problems: string[];
}

const settleMs = 120_000;

/** What background flows have yet to bring to the store. */
const unsettled = [
  "SELECT 1 FROM campaign WHERE unpushed = 1",
  "SELECT 1 FROM returned WHERE released = 0",
  "SELECT 1 FROM participant WHERE ban_pushed = 0",
];

/** Looks at the tables when no transaction is open. */
function undisturbed(ledger: LedgerServer, look: () => void): Promise<void> {
  return new Promise((resolve) => {
    const waiting = {
      begin() {
        look();
        ledger.release(waiting);
        resolve();
      },
    };
    ledger.acquire(waiting);
  });
}

/** One run: a world from a seed goes bad, is healed, comes to rest, and is checked. */
export async function run(
  seed: number,
  planned: (random: Random) => Faults,
  { trace = false } = {},
): Promise<Outcome> {
  const world = new World(seed, planned, trace);
  const { random, clock } = world;
  const startedMs = clock.nowMs;
  const ledgerServer = new LedgerServer(() => clock.nowMs);
  const appendfsync = world.planned.isLossy && random.chance(0.5) ? "everysec" : "always";
  const masters = random.between(1, 2);
  const hosts = Array.from({ length: masters }, (_, m) => [
    new RedisHost(world, `redis-${m}a`, { appendfsync }),
    new RedisHost(world, `redis-${m}b`, { appendfsync }),
  ]);
  const roles = hosts.map(() => 0);
  const partitions = random.between(1, 4);
  const backends: Backends = {
    ...{ ledger: ledgerServer, reach: { isUp: true }, masters, partitions },
    master: (partitionNo) => hosts[partitionNo % masters]![roles[partitionNo % masters]!]!,
  };
  const admin = world.owner("admin");
  const books = new Books(ledgerServer);
  const sound = {
    connect: async () => {},
    inTime: (turn: Promise<void>) => turn,
    request: async () => {},
    reply: async () => {},
  };
  const { database } = openLedger(ledgerServer, sound);
  const ledger = sqlLedger(database, []);
  const servers = Array.from(
    { length: random.between(1, 3) },
    (_, s) => new Server(world, backends, `server-${s}`),
  );
  const clients = new Clients(world, servers);
  let over = false;

  const whole = async () => {
    await mysqlLending(database).setUpPartitions(partitions);
    const secrets = await openSecrets(ledger, masterKey);
    const campaigns: Campaign[] = [];
    for (const draft of drawCampaigns(random, partitions, Date.now(), secrets.wrap)) {
      const created = await ledger.createCampaign(draft, undefined);
      if (created.kind !== "created") throw new Error(created.kind);
      campaigns.push(created.campaign);
    }
    for (const server of servers) server.start();
    const users = new Users(world, clients, campaigns);
    const manager = new Manager(world, servers, campaigns, clients.told);
    const nemesis = new Nemesis(world, servers, hosts, roles, backends.reach);
    world.faults = world.planned;
    const badMs = random.between(5_000, 25_000);
    clock.as(clients.owner, () => users.start(clock.nowMs + badMs));
    nemesis.start(clock.nowMs + badMs);
    if (random.chance(0.7)) manager.start(random.between(300, 4_000), clock.nowMs + badMs);
    await world.sleep(admin, badMs);
    await undisturbed(ledgerServer, () => {
      for (const problem of books.problems()) world.problem(problem);
    });

    world.trace.note("heal");
    world.faults = none;
    nemesis.heal();
    const rested = () =>
      nemesis.isHealed &&
      servers.every(({ running }) => running && running.arming.troubles().length === 0) &&
      clients.waiting === 0 &&
      Array.from({ length: partitions }, (_, no) => no).every(
        (no) => backends.master(no).process.data.xlen(partitionKeys(no, partitions).outbox) === 0,
      ) &&
      unsettled.every((sql) => books.rows(sql).length === 0);
    const settle = async () => {
      const untilMs = clock.nowMs + settleMs;
      while (!rested()) {
        if (clock.nowMs > untilMs) return world.problem("it does not come to rest");
        await world.sleep(admin, 100);
      }
    };
    await manager.reopen();
    await settle();
    clients.isQuiet = true;
    await users.exhaust();
    await settle();

    const codes = new CodeBook(ledger, secrets);
    const known = new KnownCampaigns(ledger, codes, secrets);
    const now = await Promise.all(campaigns.map(async ({ no }) => (await ledger.campaignByNo(no))!));
    const hasLost = world.planned.isLossy && nemesis.hasLost;
    const found = check({
      ...{ books, told: clients.told, asked: clients.asked, campaigns: now, hasLost },
      texts: (campaign, serials) =>
        serials.length === 0 ? [] : (known.textsOf(campaign, serials) as string[]),
      dailyMost: (campaignNo, prizeNo) => manager.dailyMost(campaignNo, prizeNo),
      closed: manager.closed,
      nowMs: (campaign) =>
        partitionsOf(campaign, partitions).map((no) =>
          backends.master(no).nowMs(partitionKeys(no, partitions).fence),
        ),
    });
    for (const problem of found) world.problem(problem);
    const stockKey = (no: number, campaignNo: number) => partitionKeys(no, partitions).stock(campaignNo);
    for (const problem of books.poolProblems((no) => backends.master(no), stockKey)) world.problem(problem);
    over = true;
  };
  let failure: unknown;
  clock.after(admin, 0, () => {
    whole().catch((error) => {
      failure = error;
      over = true;
    });
  });
  await clock.run(() => over);
  if (failure) world.problem(`the run itself failed: ${failure instanceof Error ? failure.stack : failure}`);
  if (!over) world.problem("nothing happens any more");
  const issued = books.rows("SELECT 1 FROM entry").length;
  ledgerServer.close();
  return {
    ...{ seed, steps: clock.steps, told: clients.told.length, issued, problems: world.problems },
    seconds: (clock.nowMs - startedMs) / 1_000,
    faults: Object.fromEntries(world.trace.counts),
    digest: world.trace.digest(),
  };
}
