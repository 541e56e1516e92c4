import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freshDatabase } from "../../test/servers/fresh-database.ts";
import { freshRedis } from "../../test/servers/fresh-redis.ts";
import type { Campaign } from "../campaign/campaign.ts";
import { dayAt } from "../campaign/day.ts";
import { partitionFor } from "../campaign/partitions.ts";
import { planOf } from "../campaign/plan.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { mysqlLedger } from "../ledger/mysql/ledger.ts";
import { migrate } from "../ledger/mysql/migrate.ts";
import { take } from "../store/contract/asking.ts";
import { connected, connectRedis } from "../store/redis/connect.ts";
import { partitionKeys } from "../store/redis/keys.ts";
import { RedisPartition } from "../store/redis/partition.ts";
import { RedisStore } from "../store/redis/redis-store.ts";
import { Arming } from "./arming.ts";
import { Drain } from "./drain.ts";
import { RoundDraws } from "./round-draws.ts";
import { Rounds } from "./rounds.ts";
import { runAll } from "./service.ts";

const log = pino({ level: "silent" });
const zone = "Asia/Seoul";
const count = 4;
const secrets = { unwrap: () => Buffer.alloc(32, 9) };

/** One of several servers of a service, which never drains by itself: what it took waits until a round is closed. */
async function openServer(redisUrl: string, mysqlUrl: string) {
  const { ledger, lending } = mysqlLedger(mysqlUrl);
  await lending.setUpPartitions(count);
  const redis = connectRedis(redisUrl, () => {});
  await connected(redis, 5_000);
  const partitions = Array.from(
    { length: count },
    (_, no) => new RedisPartition(() => redis, partitionKeys(no, count), no),
  );
  const drain = new Drain({ lending, partitions, log });
  const arming = new Arming({ partitions, ledger, lending, drain, log });
  const services = runAll([arming], log);
  await expect.poll(() => arming.troubles()).toEqual([]);
  const store = new RedisStore({ epochs: arming, partitions, outboxMaxBytes: 1e9, onLevel: () => {} });
  const flush = async (nos: number[]) => {
    await Promise.all(nos.map((no) => drain.empty(no)));
  };
  const draws = (over: Partial<ConstructorParameters<typeof RoundDraws>[0]> = {}) =>
    new RoundDraws({ ledger, store, secrets, partitions: count, flush, ...over });
  return {
    ledger,
    store,
    flush,
    draws,
    rounds: new Rounds({ ledger, store, draws: draws(), partitions: count, log }),
    async close() {
      await services.stop();
      redis.disconnect();
      await ledger.close();
    },
  };
}

type Server = Awaited<ReturnType<typeof openServer>>;

describe("closing rounds", () => {
  let servers: Server[];
  let ledger: Ledger;
  beforeEach(async () => {
    const [redis, mysqlUrl] = await Promise.all([freshRedis(), freshDatabase()]);
    await migrate(mysqlUrl);
    servers = [await openServer(redis.url, mysqlUrl)];
    ledger = servers[0]!.ledger;
    for (let i = 1; i < 5; i++) servers.push(await openServer(redis.url, mysqlUrl));
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
  });

  /** It ends soon, and its only round with it. */
  async function lottery(lastsMs: number): Promise<Campaign> {
    const nowMs = Date.now();
    const created = await ledger.createCampaign(
      {
        ...{ id: "c", name: "", startMs: nowMs - 1, endMs: nowMs + lastsMs, timeZone: zone },
        mechanic: { kind: "lottery", requireEntropy: false },
        ...{ requireRegistration: false, couponExpiry: undefined },
        drawSecret: { wrapped: Buffer.alloc(60), commitment: Buffer.alloc(32), revealed: false },
        prizes: [{ id: "p", name: "", oddsPpm: 0, attributes: {}, quota: 3, dailyQuota: undefined }],
        limits: { perUser: 0, perUserPerDay: 1, perAddress: 0 },
        ...{ format: { alphabet: "0123456789ABCDEF", length: 12, prefix: "" }, allowGuessable: false },
        ...{ partitions: count, wrappedKey: Buffer.alloc(32), nowMs },
      },
      undefined,
    );
    if (created.kind !== "created") throw new Error(created.kind);
    return created.campaign;
  }

  /** Ballots of all servers until none is taken any more; how many were acknowledged, by user. */
  async function crowd(campaign: Campaign): Promise<Set<string>> {
    const plan = planOf(campaign);
    const taken = new Set<string>();
    let user = 0;
    let isOver = false;
    await Promise.all(
      servers.map(async ({ store }) => {
        while (!isOver) {
          const asks = Array.from({ length: 5 }, () => `user-${user++}`);
          for (const name of asks) {
            const one = take(plan, { user: name });
            const no = partitionFor(campaign, count, one.who.userHash);
            const day = dayAt(zone, Date.now());
            const [outcomes] = await store.take(no, [{ plan, day, takes: [one] }]);
            const [outcome] = outcomes!;
            if (outcome!.kind === "issued") taken.add(name);
            if (outcome!.kind === "refused") isOver = true;
          }
        }
      }),
    );
    return taken;
  }

  const onlyRound = async ({ no }: Campaign) => (await ledger.lastRound(no))!;
  const closedFacts = async ({ no }: Campaign) => {
    const { seq } = await ledger.eventEnd(no);
    return (await ledger.facts(no, 0, seq, 100)).filter(({ type }) => type === "round.closed");
  };
  async function usersOf(campaign: Campaign): Promise<Set<string>> {
    const entries = await ledger.entriesOf(campaign.no, {}, undefined, 100_000);
    return new Set(entries.map(({ userId }) => userId));
  }

  test("five servers at once close a round once, with every ballot that any of them took", {
    timeout: 30_000,
  }, async () => {
    const campaign = await lottery(1_500);
    const running = runAll(
      servers.map(({ rounds }) => rounds),
      log,
    );
    const taken = await crowd(campaign);
    await expect.poll(async () => (await onlyRound(campaign)).state, { timeout: 20_000 }).toBe("drawn");
    await running.stop();
    const { draw } = await onlyRound(campaign);
    expect(taken.size).toBeGreaterThan(20);
    expect(draw).toMatchObject({ ballots: taken.size, winners: 3 });
    expect(await usersOf(campaign)).toEqual(taken);
    expect(await closedFacts(campaign)).toHaveLength(1);
    expect(await ledger.roundWinners(campaign.no, (await onlyRound(campaign)).date)).toHaveLength(3);
    expect((await ledger.campaignByNo(campaign.no))!.drawSecret!.revealed).toBe(true);
  });

  test("without leases five that draw the same round at once draw once, and the same", {
    timeout: 30_000,
  }, async () => {
    const campaign = await lottery(500);
    const taken = await crowd(campaign);
    await servers[0]!.rounds.open(Date.now());
    const { date } = await onlyRound(campaign);
    const closed = await Promise.all(
      servers.map((server) => server.draws().close(campaign, date, undefined, undefined)),
    );
    expect(closed.toSorted()).toEqual(["drawn", ...Array(4).fill("drawn-before")]);
    expect((await onlyRound(campaign)).draw!.ballots).toBe(taken.size);
    expect(await closedFacts(campaign)).toHaveLength(1);
  });

  test("while ballots can't be brought in nothing is drawn; then all of them are", {
    timeout: 30_000,
  }, async () => {
    const campaign = await lottery(500);
    const taken = await crowd(campaign);
    const [server] = servers;
    await server!.rounds.open(Date.now());
    const { date } = await onlyRound(campaign);
    const stalled = server!.draws({ flush: () => Promise.reject(new Error("the ledger is behind")) });
    await expect(stalled.close(campaign, date, undefined, undefined)).rejects.toThrow("behind");
    expect(await onlyRound(campaign)).toMatchObject({ state: "sealed", mark: undefined });
    expect(await server!.draws().close(campaign, date, undefined, undefined)).toBe("drawn");
    expect((await onlyRound(campaign)).draw!.ballots).toBe(taken.size);
  });

  test("whoever dies while closing is followed by another, from wherever it had come", {
    timeout: 30_000,
  }, async () => {
    const campaign = await lottery(500);
    const taken = await crowd(campaign);
    const [first, second] = servers;
    await first!.rounds.open(Date.now());
    const { date } = await onlyRound(campaign);
    const died = new Error("killed");
    const { ledger: own } = first!;
    const dying = (method: "entryMark" | "markRound" | "ballots" | "drawRound") =>
      first!.draws({ ledger: { ...own, [method]: () => Promise.reject(died) } });
    const sealing = first!.draws({
      store: { nowMs: (no) => first!.store.nowMs(no), seal: () => Promise.reject(died) },
    });
    const steps = [sealing, ...(["entryMark", "markRound", "ballots", "drawRound"] as const).map(dying)];
    for (const step of steps) {
      await expect(step.close(campaign, date, undefined, undefined)).rejects.toThrow("killed");
      expect((await onlyRound(campaign)).state).toBe("sealed");
    }
    await second!.rounds.close(Date.now());
    expect(await onlyRound(campaign)).toMatchObject({ state: "drawn", draw: { ballots: taken.size } });
  });

  test("a sealed round takes nothing more, though the store's clock were behind", {
    timeout: 30_000,
  }, async () => {
    const campaign = await lottery(60_000);
    const [server] = servers;
    await server!.rounds.open(Date.now());
    const { date } = await onlyRound(campaign);
    const plan = planOf(campaign);
    const ask = async (user: string) => {
      const one = take(plan, { user });
      const no = partitionFor(campaign, count, one.who.userHash);
      const [outcomes] = await server!.store.take(no, [{ plan, day: dayAt(zone, Date.now()), takes: [one] }]);
      return outcomes![0];
    };
    expect((await ask("ada"))!.kind).toBe("issued");
    const ahead = { nowMs: async () => campaign.endMs, seal: server!.store.seal.bind(server!.store) };
    expect(await server!.draws({ store: ahead }).close(campaign, date, undefined, undefined)).toBe("drawn");
    expect(await ask("grace")).toMatchObject({ kind: "refused", reason: "ROUND_SEALED" });
    expect(await ask("ada")).toMatchObject({ kind: "issued", replayed: true });
    expect((await onlyRound(campaign)).draw!.ballots).toBe(1);
  });
});
