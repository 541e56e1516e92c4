import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../../test/servers/fresh-database.ts";
import { freshRedis } from "../../test/servers/fresh-redis.ts";
import { type Campaign, type Limits, type Mechanic, noPrize, stockOf } from "../campaign/campaign.ts";
import { dayAt } from "../campaign/day.ts";
import { nothing, planOf, poolAt } from "../campaign/plan.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { mysqlLedger } from "../ledger/mysql/ledger.ts";
import { migrate } from "../ledger/mysql/migrate.ts";
import {
  type Ask,
  brief,
  keysOf,
  serialOf,
  take,
  today,
  userHashOf,
  zone,
} from "../store/contract/asking.ts";
import { connected, connectRedis } from "../store/redis/connect.ts";
import { partitionKeys } from "../store/redis/keys.ts";
import { loadLibrary } from "../store/redis/library.ts";
import { RedisPartition } from "../store/redis/partition.ts";
import { RedisStore } from "../store/redis/redis-store.ts";
import { type Restore, restorePartition } from "./restore.ts";

let redis: Redis;
let ledger: Ledger;
let lending: Lending;
let partition: RedisPartition;
let store: RedisStore;
let epoch: number;

beforeEach(async () => {
  const [server, url] = await Promise.all([freshRedis(), freshDatabase()]);
  await migrate(url);
  ({ ledger, lending } = mysqlLedger(url));
  await lending.setUpPartitions(1);
  redis = connectRedis(server.url, () => {});
  await connected(redis, 5_000);
  await loadLibrary(redis);
  partition = new RedisPartition(() => redis, partitionKeys(0, 1), 0);
  epoch = 1;
  await lending.beginArming(0, 0, "test", 60_000);
  await lending.endArming(0, epoch, "test", true);
  await partition.begin(epoch);
  await partition.arm(epoch, 0);
  store = new RedisStore({
    epochs: { current: () => epoch, lost: () => {} },
    partitions: [partition],
    outboxMaxBytes: 1e9,
    onLevel: () => {},
  });
});

afterEach(async () => {
  redis.disconnect();
  await ledger.close();
});

/** A campaign with twenty serials of its prize in the store. */
async function create(id: string, mechanic: Mechanic, limits: Partial<Limits>): Promise<Campaign> {
  const created = await ledger.createCampaign(
    {
      id,
      name: "",
      startMs: 0,
      endMs: Date.now() + 1e10,
      timeZone: zone,
      mechanic,
      requireRegistration: false,
      couponExpiry: undefined,
      drawSecret: undefined,
      prizes: [{ id: "p1", name: "", oddsPpm: 0, attributes: {}, quota: 20, dailyQuota: undefined }],
      limits: { perUser: 0, perUserPerDay: 0, perAddress: 0, ...limits },
      format: { alphabet: "0123456789ABCDEF", length: 12, prefix: "" },
      allowGuessable: false,
      partitions: 1,
      wrappedKey: Buffer.alloc(32),
      nowMs: Date.now(),
    },
    undefined,
  );
  if (created.kind !== "created") throw new Error(created.kind);
  const { campaign } = created;
  for (const { no: prizeNo } of stockOf(campaign)) {
    const pool = { campaignNo: campaign.no, prizeNo, day: "", partitionNo: 0, epoch };
    const lent = await lending.lend(pool, 1, 20, true);
    if (lent.kind === "block") await partition.grant(pool, [lent.block]);
  }
  return campaign;
}

async function ask(campaign: Campaign, ...asks: Ask[]) {
  const plan = planOf(campaign);
  const takes = asks.map((one) => take(plan, one));
  const [outcomes] = await store.take(0, [{ plan, day: plan.daily ? today() : undefined, takes }]);
  return outcomes!;
}

async function drain(): Promise<void> {
  const entries = await partition.outbox({ epoch: 0, n: 0 }, 1_000);
  const last = entries.at(-1);
  if (!last) return;
  const recorded = await lending.record(0, entries);
  expect(recorded.dead).toBe(0);
  await partition.trim(last.epoch, last.n, last.totalBytes);
}

/** As arming does, in the next epoch; what is drained is all there is where the data was lost. */
async function armAnew(campaigns: Campaign[], how: Pick<Restore, "intact"> & Partial<Restore>) {
  await drain();
  if (!how.intact) await redis.flushall();
  epoch++;
  await partition.begin(epoch);
  await restorePartition({ ledger, lending, partition, epoch, campaigns, proven: how.intact, ...how });
  await partition.arm(epoch, Date.now());
}

/** All that the store counts and remembers of campaigns, and until when it does. */
async function counted(campaigns: Campaign[]) {
  const keys = (await redis.keys(partition.keys.campaigns)).filter((key) => !key.endsWith(":stock")).sort();
  const hashes = await Promise.all(
    keys.map(async (key) => [key, await redis.hgetallBuffer(key), await redis.call("PEXPIRETIME", key)]),
  );
  const issued = await Promise.all(campaigns.map(({ no }) => store.issued(0, no)));
  return { hashes, issued };
}

const instantWin = { kind: "instant-win" } as const;
const lottery = { kind: "lottery", requireEntropy: false } as const;
const raffle = { kind: "raffle", tickets: 20, autoDraw: false, requireEntropy: false } as const;
const firstCome = { kind: "first-come" } as const;

test("everything that was counted and remembered is so again, of every mechanic", async () => {
  const many = await create("many", instantWin, { perUserPerDay: 3, perUser: 9, perAddress: 9 });
  const once = await create("once", instantWin, { perUserPerDay: 1 });
  const ballots = await create("ballots", lottery, { perUserPerDay: 2 });
  const tickets = await create("tickets", raffle, { perUser: 1 });
  const coupons = await create("coupons", firstCome, { perUser: 2, perAddress: 2 });
  const choices = [nothing, poolAt(0), nothing];
  await ask(
    many,
    { user: "a", address: "x", choices, request: "1" },
    { user: "a", address: "x", choices },
    { user: "b", address: "x", choices },
    { user: "a", address: "y", choices, request: "3" },
  );
  await ask(once, { user: "a", choices: [poolAt(0)] }, { user: "b", choices: [nothing], request: "1" });
  await ask(ballots, { user: "a" }, { user: "b" }, { user: "a", request: "2" });
  await ask(tickets, { user: "a" }, { user: "b", request: "1" });
  await ask(coupons, { user: "a", address: "x" }, { user: "a", address: "x" }, { user: "b", address: "y" });
  const all = [many, once, ballots, tickets, coupons];
  const before = await counted(all);
  expect(before.hashes).toHaveLength(12);
  await armAnew(all, { intact: false });
  expect(await counted(all)).toEqual(before);
  expect(before.issued[2]).toEqual(new Map([[noPrize, 3]]));
  const replays = await ask(once, { user: "a", choices: [nothing] }, { user: "b", choices: [poolAt(0)] });
  expect(replays).toMatchObject([
    { replayed: true, number: 1, serial: expect.any(Number) },
    { replayed: true, number: 1, serial: undefined },
  ]);
  const next = await ask(ballots, { user: "b" }, { user: "a" });
  expect(next.map((outcome) => (outcome.kind === "issued" ? outcome.number : brief(outcome)))).toEqual([
    2,
    "USER_LIMIT_REACHED",
  ]);
});

test("a user who was erased is still counted; a request that names nobody is counted under no user", async () => {
  const campaign = await create("c", firstCome, { perUser: 1, perAddress: 9 });
  const [first] = await ask(campaign, { user: "gone", address: "x" });
  const plan = planOf(campaign);
  const hash = userHashOf("nobody");
  const nobody = take(plan, { address: "y", request: "1" });
  nobody.request!.key = hash;
  nobody.who.userHash = hash;
  await store.take(0, [{ plan, day: undefined, takes: [nobody] }]);
  const before = await counted([campaign]);
  await drain();
  await ledger.erase({ userHash: userHashOf("gone"), nowMs: Date.now() }, undefined);
  await armAnew([campaign], { intact: false });
  expect(await counted([campaign])).toEqual(before);
  expect(await ask(campaign, { user: "gone", address: "z" })).toEqual([{ ...first, replayed: true }]);
});

test("entries that were taken back count no more, and are not released once more", async () => {
  const once = await create("once", firstCome, { perUser: 1 });
  const many = await create("many", firstCome, { perUser: 3, perUserPerDay: 3 });
  const gone: Ask = { user: "a", request: "1" };
  const [first] = await ask(once, gone, { user: "b" });
  const [one] = await ask(many, gone, gone, { user: "a" }, { user: "a" });
  for (const [campaign, outcome] of [
    [once, first],
    [many, one],
  ] as const) {
    const plan = planOf(campaign);
    const day = plan.daily ? today() : undefined;
    await store.release(0, { plan, day, serial: serialOf(outcome)!, keys: keysOf(plan, gone) });
  }
  const before = await counted([once, many]);
  await drain();
  for (const [{ space }, outcome] of [
    [once, first],
    [many, one],
  ] as const) {
    const serial = serialOf(outcome)!;
    const revocation = { spaceNo: space.no, serial, reason: "", returnQuota: true };
    expect(await ledger.revoke(revocation, undefined)).toEqual({ kind: "revoked" });
  }
  await armAnew([once, many], { intact: false });
  expect(await counted([once, many])).toEqual(before);
});

const ban = (user: string, banned: boolean) =>
  ledger.setBan(
    { userHash: userHashOf(user), userId: user, banned, reason: "", nowMs: Date.now() },
    undefined,
  );

test.each([
  { what: "lost its data", intact: false, proven: false },
  { what: "may have lost what it acknowledged last", intact: true, proven: false },
])("a store that $what bans whom the ledger bans, and nobody else", async ({ intact, proven }) => {
  const campaign = await create("c", firstCome, {});
  // More than are read at once.
  const many = Array.from({ length: 1_100 }, (_, i) => `cheat${i}`);
  for (let at = 0; at < many.length; at += 50)
    await Promise.all(many.slice(at, at + 50).map((user) => ban(user, true)));
  await ban("forgiven", true);
  await ban("forgiven", false);
  await store.ban(0, userHashOf("forgiven"), true);
  await store.ban(0, userHashOf("cheat7"), true);
  await armAnew([campaign], { intact, proven });
  // Dry: nobody refused them.
  const outcomes = await ask(
    campaign,
    ...["cheat0", "forgiven", "ok", "cheat1099"].map((user) => ({ user })),
  );
  expect(outcomes.map(brief)).toEqual(["BANNED", "dry", "dry", "BANNED"]);
  expect(await redis.hget(partition.keys.fence, "bans")).toBe("1100");
});

test("bans stay in a store that has lost nothing", async () => {
  const campaign = await create("c", firstCome, {});
  await store.ban(0, userHashOf("cheat"), true);
  await armAnew([campaign], { intact: true });
  expect((await ask(campaign, { user: "cheat" }, { user: "ok" })).map(brief)).toEqual(["BANNED", "dry"]);
});

test("a seal stays, or comes back from the ledger where the store lost it", async () => {
  const campaign = await create("c", lottery, { perUserPerDay: 1 });
  const day = today();
  const dayBefore = dayAt(zone, day.startMs - 1);
  const outcome = async () => (await ask(campaign, { user: "a" })).map(brief);
  await store.seal(0, campaign.no, day.endMs);
  await armAnew([campaign], { intact: true });
  expect(await outcome()).toEqual(["ROUND_SEALED"]);
  await ledger.addRounds(campaign.no, [dayBefore, day], undefined);
  await ledger.sealRound(campaign.no, dayBefore.date);
  await armAnew([campaign], { intact: true });
  expect(await outcome()).toEqual(["ROUND_SEALED"]);
  await armAnew([campaign], { intact: false });
  expect(await outcome()).toEqual(["issued"]);
  await ledger.sealRound(campaign.no, day.date);
  await armAnew([campaign], { intact: false });
  expect((await ask(campaign, { user: "b" })).map(brief)).toEqual(["ROUND_SEALED"]);
});
