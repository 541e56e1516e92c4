import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { campaignOf } from "../../../test/campaign-of.ts";
import { freshRedis } from "../../../test/servers/fresh-redis.ts";
import type { RedisServer } from "../../../test/servers/redis.ts";
import { TcpProxy } from "../../../test/servers/tcp-proxy.ts";
import { type Plan, planOf } from "../../campaign/plan.ts";
import { entriesOf } from "../../ledger/contract/outbox-batch.ts";
import { type Outcome, StoreUnavailable, type Take } from "../store.ts";
import { connected, connectRedis } from "./connect.ts";
import { partitionKeys } from "./keys.ts";
import { libraryState, loadLibrary, replaceLibrary } from "./library.ts";
import { RedisPartition } from "./partition.ts";
import { RedisStore } from "./redis-store.ts";

describe("a lane", () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  /** By way of the proxy, as the store sees Redis. */
  let redis: Redis;
  /** Straight to Redis, to look at it. */
  let direct: Redis;
  let partition: RedisPartition;
  let store: RedisStore;
  let epoch: number | undefined;
  let lost: number;
  let plan: Plan;

  beforeEach(async () => {
    server = await freshRedis();
    proxy = await TcpProxy.start(server.port);
    redis = connectRedis(`redis://127.0.0.1:${proxy.port}`, () => {});
    direct = connectRedis(server.url, () => {});
    expect(await connected(redis, 5_000)).toBe(true);
    expect(await connected(direct, 5_000)).toBe(true);
    await loadLibrary(direct);
    const keys = partitionKeys(0, 1);
    partition = new RedisPartition(() => direct, keys, 0);
    lost = 0;
    await arm(1);
    store = new RedisStore({
      epochs: { current: () => epoch, lost: () => void lost++ },
      partitions: [new RedisPartition(() => redis, keys, 0)],
      outboxMaxBytes: 1e9,
      onLevel: () => {},
    });
    plan = planOf(campaignOf(1, { prizes: [{ quota: 100 }], timeZone: "UTC" }));
    await fill();
  });

  afterEach(async () => {
    redis.disconnect();
    direct.disconnect();
    await proxy.stop();
  });

  async function arm(next: number) {
    await partition.begin(next);
    await partition.arm(next, 0);
    epoch = next;
  }

  async function fill() {
    const pool = { campaignNo: 1, prizeNo: 0, day: "", partitionNo: 0, epoch: epoch! };
    await partition.grant(pool, [{ number: 1, first: 0, size: 100, exhausted: undefined }]);
  }

  const aTake = (name: string): Take => ({
    keys: plan.rules.map(() => hash("sha256", name, "buffer").subarray(0, 16)),
    choices: Uint8Array.of(0),
    request: undefined,
    who: { userId: name, userHash: hash("sha256", name, "buffer").subarray(0, 16), addressHash: undefined },
  });
  const take = async (...names: string[]): Promise<Outcome[]> =>
    (await store.take(0, [{ plan, day: undefined, takes: names.map(aTake) }]))[0]!;
  const issued = async () => (await partition.stock(1)).i0 ?? "0";

  test("a lost reply is asked for again and counts once", async () => {
    proxy.loseReplies = 1;
    const outcomes = await take("a", "b");
    expect(outcomes.map((outcome) => outcome.kind === "issued" && outcome.serial)).toEqual([0, 1]);
    expect(await issued()).toBe("2");
    expect(await direct.xlen(partition.keys.outbox)).toBe(1);
  });

  test("when a batch is given up, the lane goes on with the next, and a late copy of the old one is refused", async () => {
    proxy.cut();
    await expect(take("a")).rejects.toThrow(StoreUnavailable);
    proxy.open();
    expect(await connected(redis, 5_000)).toBe(true);
    const outcomes = await take("b");
    expect(outcomes[0]?.kind).toBe("issued");
    const lane = (await direct.keys("*lane*"))[0]!;
    const late = direct.call(
      "FCALL",
      "allot_take",
      4,
      partition.keys.fence,
      partition.keys.outbox,
      lane,
      partition.keys.bans,
      "1",
      "0",
      "0",
      "1000000",
      "1000",
    );
    await expect(late).rejects.toThrow("the lane is ahead of its batch");
    expect(await issued()).toBe("1");
  });

  test("is refused at once while Redis can't be reached, and goes on by itself when it can", async () => {
    proxy.cut();
    await expect.poll(() => redis.status).not.toBe("ready");
    await expect(take("a")).rejects.toThrow("not connected to Redis");
    proxy.open();
    await expect.poll(() => redis.status, { timeout: 5_000 }).toBe("ready");
    expect((await take("a"))[0]?.kind).toBe("issued");
  });

  test("a restarted Redis issues nothing until it is armed again", async () => {
    await take("a");
    await server.kill();
    await server.restart();
    expect(await connected(redis, 5_000)).toBe(true);
    await expect(take("b")).rejects.toThrow(StoreUnavailable);
    expect(lost).toBeGreaterThan(0);
    expect(await issued()).toBe("1");
  });

  test("a Redis that lost its library is armed again, whoever asks it first", async () => {
    await direct.flushall();
    await direct.function("FLUSH");
    await expect(store.adopt(0, plan.campaignNo, 2)).rejects.toThrow(StoreUnavailable);
    expect(lost).toBe(1);
  });

  test("what was restored in another process does not arm this one", async () => {
    await partition.begin(2);
    await partition.reset(2, { no: 1, revision: 1 }, new Map(), 0);
    // As a promoted replica: the data says that it is being armed, the process knows nothing of it.
    await replaceLibrary(direct);
    await expect(partition.arm(2, 0)).rejects.toThrow("overtaken");
    await arm(3);
    expect(await partition.state()).toMatchObject({ epoch: 3, live: { epoch: 3 } });
  });

  test("an arming of which a step is missing in the data is not finished", async () => {
    await partition.begin(2);
    const before = (await direct.hget(partition.keys.fence, "step"))!;
    await partition.reset(2, { no: 1, revision: 1 }, new Map(), 0);
    await direct.hset(partition.keys.fence, "step", before);
    await expect(partition.arm(2, 0)).rejects.toThrow("overtaken");
  });

  test("a process that missed a write of this epoch is refused", async () => {
    await take("a");
    await direct.hset(partition.keys.fence, "n", "7");
    await expect(take("b")).rejects.toThrow(StoreUnavailable);
    expect(await issued()).toBe("1");
  });

  test("a caller in an older epoch is refused", async () => {
    await take("a");
    await direct.xtrim(partition.keys.outbox, "MAXLEN", 0);
    await arm(2);
    epoch = 1;
    await expect(take("b")).rejects.toThrow(StoreUnavailable);
    expect(await issued()).toBe("1");
  });

  test("replacing the library disarms; a loaded one is recognised", async () => {
    expect(await libraryState(direct)).toBe("current");
    await replaceLibrary(direct);
    await expect(take("a")).rejects.toThrow(StoreUnavailable);
  });

  test("a full outbox refuses new coupons and still answers repeats", async () => {
    plan = planOf(campaignOf(1, { prizes: [{ quota: 100 }], perUser: 1, timeZone: "UTC" }));
    const small = new RedisStore({
      epochs: { current: () => epoch, lost: () => {} },
      partitions: [partition],
      outboxMaxBytes: 10,
      onLevel: () => {},
    });
    const ask = async (name: string) =>
      (await small.take(0, [{ plan, day: undefined, takes: [aTake(name)] }]))[0]![0]!;
    expect((await ask("a")).kind).toBe("issued");
    expect((await ask("b")).kind).toBe("ledger-behind");
    expect(await ask("a")).toMatchObject({ kind: "issued", replayed: true });
    const [entry] = await partition.outbox({ epoch: 0, n: 0 }, 10);
    await partition.trim(entry!.epoch, entry!.n, entry!.totalBytes);
    expect((await ask("b")).kind).toBe("issued");
  });

  test("a Redis that is full refuses takes whole, and can still be drained and armed", async () => {
    await take("a");
    await direct.config("SET", "maxmemory", "1");
    try {
      await expect(take("b")).rejects.toThrow("OOM");
      expect(await issued()).toBe("1");
      const [entry] = await partition.outbox({ epoch: 0, n: 0 }, 10);
      await partition.trim(entry!.epoch, entry!.n, entry!.totalBytes);
      expect(await direct.xlen(partition.keys.outbox)).toBe(0);
      await arm(2);
    } finally {
      await direct.config("SET", "maxmemory", "0");
    }
    expect((await take("b"))[0]?.kind).toBe("issued");
  });

  test("what is handed out and handed back is in the outbox, in order", async () => {
    await take("a", "b");
    const pool = { campaignNo: 1, prizeNo: 0, day: "", partitionNo: 0, epoch: 1 };
    expect(await partition.recall(1, 1, "half", [pool])).toEqual({ n: 2, size: 49 });
    const entries = await partition.outbox({ epoch: 0, n: 0 }, 10);
    expect(
      entries.map((entry) => ({
        epoch: entry.epoch,
        n: entry.n,
        users: entriesOf(0, entry).map((one) => one.userId),
        handBacks: entry.handBacks,
      })),
    ).toEqual([
      { epoch: 1, n: 1, users: ["a", "b"], handBacks: [] },
      {
        epoch: 1,
        n: 2,
        users: [],
        handBacks: [{ campaignNo: 1, prizeNo: 0, day: "", number: 1, first: 51, size: 49 }],
      },
    ]);
    const after = await take(...Array.from({ length: 50 }, (_, i) => `u${i}`));
    expect(after.map((outcome) => outcome.kind).filter((kind) => kind === "issued")).toHaveLength(49);
    expect(after.at(-1)?.kind).toBe("dry");
  });

  test("a later block lifts an exhausted mark", async () => {
    plan = planOf(campaignOf(8, { prizes: [{ quota: 2 }], timeZone: "UTC" }));
    const pool = { campaignNo: 8, prizeNo: 0, day: "", partitionNo: 0, epoch: 1 };
    const kinds = async (...names: string[]) => (await take(...names)).map((outcome) => outcome.kind);
    await partition.grant(pool, [{ number: 1, first: 0, size: 0, exhausted: "total" }]);
    expect(await kinds("a")).toEqual(["refused"]);
    await partition.grant(pool, [{ number: 2, first: 0, size: 1, exhausted: undefined }]);
    expect(await kinds("a", "b")).toEqual(["issued", "dry"]);
  });

  test("blocks go into a pool once and in order", async () => {
    const pool = { campaignNo: 9, prizeNo: 0, day: "", partitionNo: 0, epoch: 1 };
    const block = (number: number, size = 1) => ({ number, first: number * 10, size, exhausted: undefined });
    expect(await partition.grant(pool, [block(2)])).toEqual({ kind: "gap", last: 0 });
    expect(await partition.grant(pool, [block(1), block(2)])).toEqual({ kind: "ok", last: 2 });
    expect(await partition.grant(pool, [block(1), block(2)])).toEqual({ kind: "ok", last: 2 });
    expect((await partition.stock(9)).p0).toBe("2||1:10:11|2:20:21");
    await expect(partition.grant({ ...pool, epoch: 2 }, [block(3)])).rejects.toThrow("other-epoch");
  });
});
