import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { campaignOf } from "../../../test/campaign-of.ts";
import { freshRedis } from "../../../test/servers/fresh-redis.ts";
import { type Campaign, noPrize } from "../../campaign/campaign.ts";
import { type Day, dayAt } from "../../campaign/day.ts";
import { nothing, type Plan, planOf, poolAt } from "../../campaign/plan.ts";
import { type Ask, keysOf, take, userHashOf } from "../contract/asking.ts";
import type { CampaignSetup } from "../contract/harness.ts";
import { connected, connectRedis } from "./connect.ts";
import { encodeGroup } from "./encode.ts";
import { partitionKeys } from "./keys.ts";
import { loadLibrary } from "./library.ts";
import { RedisPartition } from "./partition.ts";
import { RedisStore } from "./redis-store.ts";

const epoch = 1;
const day = dayAt("UTC", Date.now());
let redis: Redis;
let partition: RedisPartition;
let store: RedisStore;
let campaigns = 0;

beforeAll(async () => {
  const server = await freshRedis();
  redis = connectRedis(server.url, () => {});
  await connected(redis, 5_000);
  await loadLibrary(redis);
  partition = new RedisPartition(() => redis, partitionKeys(0, 1), 0);
  await partition.begin(epoch);
  await partition.arm(epoch, 0);
  store = new RedisStore({
    epochs: { current: () => epoch, lost: () => {} },
    partitions: [partition],
    outboxMaxBytes: 1e9,
    onLevel: () => {},
  });
});

afterAll(() => redis.disconnect());

type Setup = Omit<CampaignSetup, "timeZone" | "prizes">;

/** A campaign with a prize of nine serials for each that is named, [first serial]; the mark says why there are no more. */
async function campaign(setup: Setup, firsts: number[], exhausted?: "total"): Promise<Plan> {
  const prizes = firsts.map(() => ({ quota: 9 }));
  const made: Campaign = campaignOf(++campaigns, { ...setup, prizes, timeZone: "UTC" });
  for (const [prizeNo, first] of firsts.entries()) {
    const pool = { campaignNo: made.no, prizeNo, day: "", partitionNo: 0, epoch };
    await partition.grant(pool, [{ number: 1, first, size: 9, exhausted: undefined }]);
    if (exhausted) await partition.grant(pool, [{ number: 2, first: 0, size: 0, exhausted }]);
  }
  return planOf(made);
}

const instantWin = (perUserPerDay: number) => ({ mechanic: { kind: "instant-win" as const }, perUserPerDay });

async function ask(plan: Plan, asks: Ask[]) {
  const dayOf: Day | undefined = plan.daily ? day : undefined;
  const takes = asks.map((one) => take(plan, one));
  return (await store.take(0, [{ plan, day: dayOf, takes }]))[0]!;
}

const bytes = (...parts: [value: number, size: number][]) =>
  Buffer.concat(
    parts.map(([value, size]) => {
      const part = Buffer.alloc(size);
      part.writeUIntBE(value, 0, size);
      return part;
    }),
  );
const none = 2 ** 48 - 1;
const claims = async (plan: Plan, rule: "user" | "user-day") =>
  redis.hgetallBuffer(partition.keys.rule(plan.campaignNo, rule, rule === "user-day" ? day.date : ""));
const claimOf = async (plan: Plan, rule: "user" | "user-day", user: string) =>
  redis.hgetBuffer(
    partition.keys.rule(plan.campaignNo, rule, rule === "user-day" ? day.date : ""),
    userHashOf(user),
  );
const timeOf = (outcome: Awaited<ReturnType<typeof ask>>[number]) =>
  outcome.kind === "issued" ? outcome.timeMs : Number.NaN;

test("a numbered plan's stamps say serial, time and number; above one the count follows", async () => {
  const plan = await campaign(instantWin(3), [70]);
  const choices = [nothing, poolAt(0), nothing];
  const [first] = await ask(plan, [{ user: "a", choices, request: "r" }]);
  const lost = bytes([none, 6], [timeOf(first!), 6], [1, 2]);
  expect(await claimOf(plan, "user-day", "a")).toEqual(lost);
  const [request] = Object.values(await redis.hgetallBuffer(partition.keys.requests(plan.campaignNo)));
  expect(request!.subarray(8)).toEqual(lost);
  const [second] = await ask(plan, [{ user: "a", choices }]);
  const won = bytes([70, 6], [timeOf(second!), 6], [2, 2]);
  expect(await claimOf(plan, "user-day", "a")).toEqual(Buffer.concat([won, bytes([2, 4])]));
});

test("the stamps of other plans have no number", async () => {
  const plan = await campaign({ perUser: 2 }, [70]);
  const outcomes = await ask(plan, [{ user: "a" }, { user: "b" }, { user: "a" }]);
  const stamp = (serial: number) => bytes([serial, 6], [timeOf(outcomes[0]!), 6]);
  expect(await claimOf(plan, "user", "b")).toEqual(stamp(71));
  expect(await claimOf(plan, "user", "a")).toEqual(Buffer.concat([stamp(72), bytes([2, 4])]));
});

test("takes beside each other with the same number and drawn prize are one run", async () => {
  const plan = await campaign(instantWin(2), [100, 200], "total");
  const before = (await redis.xrevrange(partition.keys.outbox, "+", "-", "COUNT", 1))[0]![0];
  const by = (user: string, ...choices: number[]): Ask => ({ user, choices });
  await ask(plan, [
    by("a", nothing, poolAt(0)),
    by("b", nothing),
    by("a", nothing, poolAt(0)),
    by("c", poolAt(0)),
    by("d", poolAt(0)),
    by("e", poolAt(1)),
  ]);
  const [epochOf, n] = before.split("-").map(Number) as [number, number];
  const [entry] = await partition.outbox({ epoch: epochOf, n }, 1);
  const runs = entry!.runs.map(({ i, size, prizeNo, serial, number, drawnNo }) => ({
    ...{ i, size, prizeNo, serial, number, drawnNo },
  }));
  const lost = { prizeNo: noPrize, serial: undefined, drawnNo: undefined };
  expect(runs).toEqual([
    { i: 0, size: 2, number: 1, ...lost },
    { i: 2, size: 1, number: 2, prizeNo: 0, serial: 100, drawnNo: 0 },
    { i: 3, size: 2, number: 1, prizeNo: 0, serial: 101, drawnNo: 0 },
    { i: 5, size: 1, number: 1, prizeNo: 1, serial: 200, drawnNo: 1 },
  ]);
});

test("a drawn pool that the ledger may still fill is dry, and becomes nothing once it is exhausted", async () => {
  const plan = await campaign(instantWin(1), [100]);
  const asks = Array.from({ length: 11 }, (_, i): Ask => ({ user: `u${i}`, choices: [poolAt(0)] }));
  const kinds = (await ask(plan, asks)).map((outcome) => outcome.kind);
  expect(kinds).toEqual([...Array(9).fill("issued"), "dry", "dry"]);
  expect(Object.keys(await claims(plan, "user-day"))).toHaveLength(9);
  await partition.grant({ campaignNo: plan.campaignNo, prizeNo: 0, day: "", partitionNo: 0, epoch }, [
    { number: 2, first: 0, size: 0, exhausted: "total" },
  ]);
  const later = await ask(plan, asks.slice(9));
  expect(later).toMatchObject(Array(2).fill({ kind: "issued", serial: undefined, number: 1 }));
});

test("who asks for nothing of a plan that gives something, or for a pool that is not there, gets an error, and nothing is written", async () => {
  const plan = await campaign({ perUser: 1 }, [0]);
  for (const choice of [nothing, poolAt(1)]) {
    const takes = ["a", "b"].map((user) => take(plan, { user }));
    takes[1]!.choices = Uint8Array.of(choice);
    await expect(store.take(0, [{ plan, day: undefined, takes }])).rejects.toThrow("refused the batch");
  }
  expect(await claims(plan, "user")).toEqual({});
});

test("choices that don't fit the number of takes are refused before anything is written", async () => {
  const plan = await campaign(instantWin(3), [0]);
  const takes = ["a", "b"].map((user) => take(plan, { user, choices: [poolAt(0)] }));
  const { keys, args } = encodeGroup(partition.keys, { plan, day, takes });
  const { fence, outbox, lane, bans } = partition.keys;
  const all = [fence, outbox, lane("own"), bans, ...keys];
  for (const choices of [Buffer.alloc(5), Buffer.alloc(7), Buffer.alloc(3), Buffer.alloc(9)]) {
    const wrong = [String(epoch), "1", "0", "1000000", "60000", args[0]!, choices, ...args.slice(2)];
    const call = redis.call("FCALL", "allot_take", all.length, ...all, ...wrong);
    await expect(call, `${choices.length} bytes`).rejects.toThrow("does not match its batch");
  }
  expect(await claims(plan, "user-day")).toEqual({});
});

test("bans are looked up only where somebody is banned", async () => {
  const plan = await campaign({ perUser: 1 }, [0]);
  const reads = async (user: string) => {
    await redis.config("RESETSTAT");
    await ask(plan, [{ user }]);
    return Number(/cmdstat_hmget:calls=(\d+)/.exec(await redis.info("commandstats"))![1]);
  };
  const without = await reads("a");
  await store.ban(0, userHashOf("cheat"), true);
  expect(await redis.hget(partition.keys.fence, "bans")).toBe("1");
  expect(await reads("b")).toBe(without + 1);
  await store.ban(0, userHashOf("cheat"), false);
  expect(await reads("c")).toBe(without);
});

const release = (plan: Plan, serial: number, of: Ask) =>
  store.release(0, { plan, day: plan.daily ? day : undefined, serial, keys: keysOf(plan, of) });

test("a release leaves the last stamp and a count one lower, and the key of another entry alone", async () => {
  const many = await campaign({ perUser: 5 }, [10]);
  await ask(many, [{ user: "a" }, { user: "a" }, { user: "a" }]);
  const three = (await claimOf(many, "user", "a"))!;
  await release(many, 11, { user: "a" });
  expect(await claimOf(many, "user", "a")).toEqual(Buffer.concat([three.subarray(0, 12), bytes([2, 4])]));
  await release(many, 12, { user: "a" });
  expect(await claimOf(many, "user", "a")).toEqual(three.subarray(0, 12));
  await release(many, 10, { user: "a" });
  expect(await claims(many, "user")).toEqual({});

  const once = await campaign({ perUser: 1 }, [10]);
  await ask(once, [{ user: "a" }]);
  const claim = await claimOf(once, "user", "a");
  await release(once, 11, { user: "a" });
  expect(await claimOf(once, "user", "a")).toEqual(claim);
  await release(once, 10, { user: "a" });
  expect(await claims(once, "user")).toEqual({});
});

test("the release of a day that is gone writes nothing", async () => {
  const plan = await campaign({ perUserPerDay: 2 }, [10]);
  await release(plan, 10, { user: "a" });
  expect(await redis.exists(partition.keys.rule(plan.campaignNo, "user-day", day.date))).toBe(0);
  await ask(plan, [{ user: "a" }, { user: "a" }]);
  const key = partition.keys.rule(plan.campaignNo, "user-day", day.date);
  const expiry = await redis.call("PEXPIRETIME", key);
  await release(plan, 11, { user: "a" });
  expect(await redis.call("PEXPIRETIME", key)).toBe(expiry);
});

test("a seal, a ban and a release are refused in another epoch", async () => {
  const plan = await campaign({ perUser: 1 }, [10]);
  const other = new RedisStore({
    epochs: { current: () => epoch + 1, lost: () => {} },
    partitions: [partition],
    outboxMaxBytes: 1e9,
    onLevel: () => {},
  });
  await expect(other.seal(0, plan.campaignNo, 1)).rejects.toThrow("other-epoch");
  await expect(other.ban(0, userHashOf("a"), true)).rejects.toThrow("other-epoch");
  const keys = keysOf(plan, { user: "a" });
  await expect(other.release(0, { plan, day: undefined, serial: 1, keys })).rejects.toThrow("other-epoch");
  expect(await redis.hget(partition.keys.stock(plan.campaignNo), "sealed")).toBeNull();
  expect(await redis.exists(partition.keys.bans, partition.keys.released(plan.campaignNo))).toBe(0);
});

test("nothing is left of a campaign that was forgotten", async () => {
  const plan = await campaign({ perUser: 1, perAddress: 2 }, [10]);
  await ask(plan, [{ user: "a", address: "x", request: "1" }]);
  await store.seal(0, plan.campaignNo, 1);
  await release(plan, 10, { user: "b", address: "y" });
  const keys = () => redis.keys(`${partition.keys.stock(plan.campaignNo).replace(/stock$/, "")}*`);
  expect(await keys()).toHaveLength(5);
  await store.forget(0, plan.campaignNo);
  expect(await keys()).toEqual([]);
});
