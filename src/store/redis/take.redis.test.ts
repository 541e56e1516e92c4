import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { campaignOf } from "../../../test/campaign-of.ts";
import { freshRedis } from "../../../test/servers/fresh-redis.ts";
import { type Plan, planOf } from "../../campaign/plan.ts";
import { entriesOf } from "../../ledger/contract/outbox-batch.ts";
import type { Group, Take } from "../store.ts";
import { connected, connectRedis } from "./connect.ts";
import { encodeGroup } from "./encode.ts";
import { partitionKeys } from "./keys.ts";
import { loadLibrary } from "./library.ts";
import { decodeOutcomes } from "./outcomes.ts";
import { RedisPartition } from "./partition.ts";
import { RedisStore } from "./redis-store.ts";

const epoch = 1;
let redis: Redis;
let partition: RedisPartition;
let store: RedisStore;

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

/** A campaign whose pools are filled by blocks, [first serial, size]. */
async function campaign(no: number, pools: [number, number][][], perUser?: number): Promise<Plan> {
  for (const [prizeNo, blocks] of pools.entries()) {
    await partition.grant(
      { campaignNo: no, prizeNo, day: "", partitionNo: 0, epoch },
      blocks.map(([first, size], i) => ({ number: i + 1, first, size, exhausted: undefined })),
    );
  }
  return planOf(campaignOf(no, { prizes: pools.map(() => ({ quota: 9 })), perUser, timeZone: "UTC" }));
}

const bytesOf = (text: string, size: number) => hash("sha256", text, "buffer").subarray(0, size);

function take(plan: Plan, userId: string, pool?: number, request?: string): Take {
  const userHash = bytesOf(userId, 16);
  return {
    keys: plan.rules.map(() => userHash),
    choices: Uint8Array.of(pool === undefined ? 0 : pool + 1),
    request: request === undefined ? undefined : { key: bytesOf(request, 16), fields: bytesOf("fields", 8) },
    who: { userId, userHash, addressHash: undefined },
  };
}

test("an entry has a row for each coupon of its batch: prizes, blocks and replays mixed", async () => {
  const one = await campaign(1, [
    [
      [10, 1],
      [100, 9],
    ],
    // Goes on where the other prize's block ends: a run is of one prize all the same.
    [[11, 9]],
  ]);
  const two = await campaign(2, [[[900, 9]]], 1);
  const groups = [
    {
      plan: one,
      day: undefined,
      takes: [
        take(one, "a"),
        take(one, "b", 1, "r1"),
        take(one, "b", 1, "r1"),
        take(one, "c", 1),
        take(one, "d"),
        take(one, "é", 0, "r2"),
      ],
    },
    { plan: two, day: undefined, takes: [take(two, "x"), take(two, "y"), take(two, "x"), take(two, "z")] },
  ];
  const outcomes = await store.take(0, groups);
  const expected: unknown[] = [];
  let i = 0;
  for (const [g, { plan, takes }] of groups.entries()) {
    for (const [t, outcome] of outcomes[g]!.entries()) {
      const { choices, who, request } = takes[t]!;
      const pool = Math.max(choices[0]! - 1, 0);
      if (outcome.kind === "issued" && !outcome.replayed) {
        const { serial, timeMs } = outcome;
        const { campaignNo, revision, spaceNo } = plan;
        const { addressHash, ...user } = who;
        const where = { partitionNo: 0, epoch, n: 1, i, campaignNo, revision, spaceNo, prizeNo: pool };
        expected.push({
          ...where,
          serial,
          number: 0,
          drawnNo: undefined,
          timeMs,
          ...user,
          addressHash,
          requestHash: request?.key,
          requestFields: request?.fields,
        });
      }
      i++;
    }
  }
  const [entry] = await partition.outbox({ epoch: 0, n: 0 }, 10);
  const entries = entriesOf(0, entry!);
  expect(entries).toEqual(expected);
  expect(entries.map(({ serial }) => serial)).toEqual([10, 11, 12, 100, 101, 900, 901, 902]);
});

/** One call as it is, by a lane of its own where none is named. */
async function call(
  groups: { keys: string[]; args: (string | Buffer)[] }[],
  { lane = partition.keys.lane(`lane${lanes++}`), number = 1, doubtful = false } = {},
): Promise<Buffer[]> {
  const { fence, outbox, bans } = partition.keys;
  const keys = [fence, outbox, lane, bans, ...groups.flatMap((group) => group.keys)];
  const head = [String(epoch), String(number), doubtful ? "1" : "0", "1000000", "60000"];
  const args = groups.flatMap((group) => group.args);
  return (await redis.callBuffer("FCALL", "allot_take", keys.length, ...keys, ...head, ...args)) as Buffer[];
}
let lanes = 0;

const encode = (plan: Plan, takes: Take[]) => {
  const group: Group = { plan, day: undefined, takes };
  return encodeGroup(partition.keys, group);
};

async function everything() {
  const { keys } = partition;
  const claims = keys.rule(3, "user", "");
  return {
    fence: await redis.hgetall(keys.fence),
    stock: await partition.stock(3),
    claims: await redis.hgetall(claims),
    entries: await redis.xlen(keys.outbox),
  };
}

test("arguments that don't fit together are refused before anything is written", async () => {
  const plan = await campaign(3, [[[0, 9]]], 1);
  const right = () => encode(plan, [take(plan, "a", 0, "r1"), take(plan, "b", 0, "r2")]);
  const before = await everything();
  const columns = ["choices", "requests", "fields", "who", "rule"];
  for (const [c, name] of columns.entries()) {
    for (const change of [
      (column: Buffer) => column.subarray(0, -1),
      (column: Buffer) => Buffer.concat([column, Buffer.alloc(1)]),
    ]) {
      const wrong = right();
      wrong.args[1 + c] = change(wrong.args[1 + c] as Buffer);
      await expect(call([right(), wrong]), name).rejects.toThrow("does not match its batch");
    }
  }
  expect(await everything()).toEqual(before);
  expect((await call([right()]))[2]!.toString("latin1")[0]).toBe("I");
});

test("the same number again gets the same reply, and nothing more is given out", async () => {
  const plan = await campaign(4, [[[0, 9]]]);
  const lane = partition.keys.lane("again");
  const reply = await call([encode(plan, [take(plan, "a"), take(plan, "b")])], { lane, number: 7 });
  expect(await call([encode(plan, [take(plan, "a"), take(plan, "b")])], { lane, number: 7 })).toEqual(reply);
  expect((await partition.stock(4)).i0).toBe("2");
});

test("sent again under a later epoch, a take is carried out only where its keys would tell that it was already", async () => {
  const plan = await campaign(5, [[[0, 9]]]);
  const limited = await campaign(6, [[[0, 9]]], 1);
  const kinds = async (options: Parameters<typeof call>[1]) => {
    const reply = await call(
      [
        encode(plan, [take(plan, "a"), take(plan, "b", undefined, "r"), take(plan, "c")]),
        encode(limited, [take(limited, "a"), take(limited, "b")]),
      ],
      options,
    );
    return [reply[2]!, reply[4]!].map((bytes) =>
      decodeOutcomes(bytes, false, 0).map((outcome) =>
        outcome.kind === "issued" && outcome.replayed ? "again" : outcome.kind,
      ),
    );
  };
  expect(await kinds({ doubtful: true })).toEqual([
    ["unknown", "issued", "unknown"],
    ["issued", "issued"],
  ]);
  // The lane's record tells that the one before was the last: this one was not applied.
  const lane = partition.keys.lane("known");
  await call([encode(plan, [take(plan, "z")])], { lane });
  expect((await kinds({ doubtful: true, lane, number: 2 }))[0]).toEqual(["issued", "again", "issued"]);
});

test("groups of one campaign count as one after the other, also where its revision changes between them", async () => {
  const plan = await campaign(8, [[[0, 9]]], 2);
  const next: Plan = { ...plan, revision: 2 };
  const outcomes = async (...groups: [Plan, string[]][]) => {
    const batch = groups.map(([of, users]) => ({
      plan: of,
      day: undefined,
      takes: users.map((user) => take(of, user)),
    }));
    return (await store.take(0, batch)).map((some) =>
      some.map((one) =>
        one.kind === "issued" ? one.serial : one.kind === "refused" ? one.reason : one.kind,
      ),
    );
  };
  const first = await outcomes(
    [plan, ["a", "b"]],
    [{ ...plan }, ["a", "c"]],
    [next, ["a", "d"]],
    [plan, ["e"]],
  );
  expect(first).toEqual([[0, 1], [2, 3], ["USER_LIMIT_REACHED", 4], ["stale"]]);
  expect((await partition.stock(8)).i0).toBe("5");
  expect(await outcomes([plan, ["x"]], [next, ["a", "b"]])).toEqual([["stale"], ["USER_LIMIT_REACHED", 5]]);
});

test("a batch that gets nothing is one call, and writes nothing", async () => {
  const plan = await campaign(7, [[[0, 1]]], 1);
  await partition.grant({ campaignNo: 7, prizeNo: 0, day: "", partitionNo: 0, epoch }, [
    { number: 2, first: 0, size: 0, exhausted: "total" },
  ]);
  const ask = async () =>
    (
      await store.take(0, [
        { plan, day: undefined, takes: [take(plan, "a"), take(plan, "b"), take(plan, "c")] },
      ])
    )[0]!;
  const kinds = (await ask()).map((outcome) => outcome.kind);
  expect(kinds).toEqual(["issued", "refused", "refused"]);
  const offset = async () => Number((await redis.info("persistence")).match(/aof_current_size:(\d+)/)![1]);
  const before = await offset();
  await redis.config("RESETSTAT");
  expect((await ask()).map((outcome) => outcome.kind)).toEqual(["issued", "refused", "refused"]);
  expect(await redis.info("commandstats")).toContain("cmdstat_fcall:calls=1,");
  expect(await offset()).toBe(before);
});
