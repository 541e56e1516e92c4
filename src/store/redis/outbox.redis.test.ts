import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { campaignOf } from "../../../test/campaign-of.ts";
import { freshRedis } from "../../../test/servers/fresh-redis.ts";
import { type Plan, planFirstCome } from "../../campaign/plan.ts";
import { entriesOf } from "../../ledger/contract/outbox-batch.ts";
import type { Take } from "../store.ts";
import { connected, connectRedis } from "./connect.ts";
import { partitionKeys } from "./keys.ts";
import { loadLibrary } from "./library.ts";
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
  partition = new RedisPartition(redis, partitionKeys(0, 1), 0);
  await partition.begin(epoch);
  await partition.arm(epoch, 0);
  store = new RedisStore({
    redis,
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
  return planFirstCome(campaignOf(no, { prizes: pools.map(() => ({ quota: 9 })), perUser, timeZone: "UTC" }));
}

const bytesOf = (text: string, size: number) => hash("sha256", text, "buffer").subarray(0, size);

function take(plan: Plan, userId: string, pool?: number, request?: string): Take {
  const userHash = bytesOf(userId, 16);
  return {
    keys: plan.rules.map(() => userHash),
    pool,
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
      const { pool = 0, who, request } = takes[t]!;
      if (outcome.kind === "issued" && !outcome.replayed) {
        const { serial, timeMs } = outcome;
        const { campaignNo, revision, spaceNo } = plan;
        const { addressHash, ...user } = who;
        const where = { partitionNo: 0, epoch, n: 1, i, campaignNo, revision, spaceNo, prizeNo: pool };
        expected.push({
          ...where,
          serial,
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
