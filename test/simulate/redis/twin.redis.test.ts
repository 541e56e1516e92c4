import fc from "fast-check";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connected, connectRedis } from "../../../src/store/redis/connect.ts";
import { loadLibrary } from "../../../src/store/redis/library.ts";
import { freshRedis } from "../../servers/fresh-redis.ts";
import { redisClient } from "./client.ts";
import { RedisProcess } from "./process.ts";

const prefix = "allot:{p00}:";
const fence = `${prefix}fence`;
const outbox = `${prefix}outbox`;
const bans = `${prefix}bans`;
const released = `${prefix}c1:released`;
const stock = (campaign: number) => `${prefix}c${campaign}:stock`;
const requests = (campaign: number) => `${prefix}c${campaign}:requests`;
const rule = (campaign: number, r: number) => `${prefix}c${campaign}:rule${r}`;

let real: Redis;
let nowMs = 0;
/** TIME is the one thing that they can't have in common, so it is what the data says: a clock far ahead. */
const aheadMs = Date.UTC(2050, 0, 1);

beforeAll(async () => {
  const server = await freshRedis();
  real = connectRedis(server.url, () => {});
  await connected(real, 5_000);
  await loadLibrary(real);
});
afterAll(() => real.disconnect());

type Call = { name: string; keys: string[]; args: (string | Buffer)[] };

const small = (max: number) => fc.nat({ max });
const bytes16 = (n: number) => (n === 0 ? Buffer.alloc(16) : Buffer.alloc(16, n));
const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);

/** What a take's caller is called, and its request; 0: it names none. */
const asker = fc.record({
  user: small(4),
  address: small(3),
  request: small(3),
  fields: small(1),
  choice: small(5),
});

const groupOf = fc.record({
  campaign: fc.integer({ min: 1, max: 2 }),
  revision: fc.integer({ min: 1, max: 3 }),
  closed: fc.constantFrom("", "", "", "P", "E"),
  window: fc.constantFrom("open", "open", "open", "early", "late"),
  day: fc.constantFrom("none", "today", "today", "other"),
  limits: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  takes: fc.array(asker, { minLength: 1, maxLength: 8 }),
});

function takeOf(
  epoch: number,
  lane: string,
  number: number,
  doubtful: boolean,
  bound: number,
  groups: Group[],
): Call {
  const keys = [fence, outbox, `${prefix}lane:${lane}`, bans];
  const args: (string | Buffer)[] = [
    String(epoch),
    String(number),
    doubtful ? "1" : "0",
    String(bound),
    "86400000",
  ];
  for (const group of groups) {
    const { campaign, limits, takes } = group;
    // As an instant win is; the other one is first-come.
    const isNumbered = campaign === 2;
    const givesNothing = isNumbered;
    const rules = isNumbered ? [2, ...limits.slice(1)] : limits;
    const width = isNumbered ? 2 : 1;
    const choice = (c: number) => [0, 0, 1, 2, 1, givesNothing ? 255 : 0][c]!;
    const header = {
      ...{ c: campaign, v: group.revision, w: 1, x: group.closed },
      s: group.window === "early" ? aheadMs + 1e12 : 0,
      e: group.window === "late" ? 1 : aheadMs * 2,
      d: { none: undefined, today: [aheadMs - 1e6, aheadMs + 1e8], other: [0, 1] }[group.day],
      n: isNumbered ? 1 : undefined,
      o: givesNothing ? 1 : undefined,
      r: rules.map((limit, r) => [limit, r === 0 ? 1 : 0, r === 0 ? "u" : "a", r === 1 ? aheadMs * 2 : 0]),
      p: [
        ["p0", "i0", 0],
        ["p1@2050-01-01", "i1", 1],
      ],
    };
    keys.push(stock(campaign), requests(campaign), ...rules.map((_, r) => rule(campaign, r)));
    const who = takes.map(({ user, request }) => {
      const rest = Buffer.concat([
        Buffer.from([request === 0 ? 0 : 1]),
        bytes16(user),
        ...(request === 0 ? [] : [bytes16(100 + request), Buffer.alloc(8)]),
        Buffer.from(`u${user}`),
      ]);
      return Buffer.concat([u16(rest.length), rest]);
    });
    const asked = takes.some(({ request }) => request !== 0);
    args.push(
      JSON.stringify(header),
      Buffer.from(
        takes.flatMap((one) => Array.from({ length: width }, (_, n) => choice((one.choice + n) % 6))),
      ),
      asked
        ? Buffer.concat(takes.map(({ request }) => (request === 0 ? bytes16(0) : bytes16(100 + request))))
        : "",
      asked ? Buffer.concat(takes.map(({ fields }) => Buffer.alloc(8, fields))) : "",
      Buffer.concat(who),
      ...rules.map((_, r) =>
        Buffer.concat(takes.map(({ user, address }) => bytes16(r === 0 ? user : address))),
      ),
    );
  }
  return { name: "allot_take", keys, args };
}

type Group = {
  campaign: number;
  revision: number;
  closed: string;
  window: string;
  day: "none" | "today" | "other";
  limits: number[];
  takes: { user: number; address: number; request: number; fields: number; choice: number }[];
};

const epochs = fc.constantFrom(1, 1, 1, 1, 1, 2);
const pools = fc.constantFrom("p0", "p1@2050-01-01");

/** Any Function with arguments of the right shape, sensible more often than not. */
const calls = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        epochs,
        fc.constantFrom("a", "b"),
        fc.integer({ min: 1, max: 40 }),
        fc.nat({ max: 9 }),
        fc.constantFrom(1e9, 1e9, 1e9, 300),
        fc.array(groupOf, { minLength: 1, maxLength: 3 }),
      )
      .map(([epoch, lane, number, doubt, bound, groups]) =>
        takeOf(epoch, lane, number, doubt === 0, bound, groups as Group[]),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        epochs,
        fc.integer({ min: 1, max: 2 }),
        pools,
        fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), small(9)), { maxLength: 3 }),
        fc.constantFrom("", "t", "d"),
      )
      .map(([epoch, campaign, pool, blocks, mark]) => ({
        name: "allot_grant",
        keys: [fence, stock(campaign)],
        args: [
          String(epoch),
          pool,
          ...blocks.flatMap(([number, size]) => [
            String(number),
            String(number * 100),
            String(size),
            size === 0 ? mark : "",
          ]),
        ],
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(epochs, fc.integer({ min: 1, max: 2 }), fc.constantFrom("all", "half"))
      .map(([epoch, campaign, share]) => ({
        name: "allot_recall",
        keys: [fence, outbox, stock(campaign)],
        args: [String(epoch), String(campaign), share, "p0", "0", "", "p1@2050-01-01", "1", "2050-01-01"],
      })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(epochs, fc.constantFrom("allot_adopt", "allot_seal"), small(3))
      .map(([epoch, name, value]) => ({
        name,
        keys: [fence, stock(1)],
        args: [String(epoch), name === "allot_seal" ? String(aheadMs - 2e6 + value * 1e6) : String(value)],
      })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(epochs, small(4), fc.boolean()).map(([epoch, user, banned]) => ({
      name: "allot_ban",
      keys: [fence, bans],
      args: [String(epoch), bytes16(user + 1), banned ? "1" : "0"],
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(epochs, small(9), small(4), fc.integer({ min: 1, max: 3 }))
      .map(([epoch, serial, user, limit]) => ({
        name: "allot_release",
        keys: [fence, released, rule(1, 0)],
        args: [String(epoch), String(100 + serial), "0", String(limit), "1", bytes16(user + 1)],
      })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(epochs, small(20), small(900)).map(([epoch, n, total]) => ({
      name: "allot_trim",
      keys: [fence, outbox],
      args: [String(epoch), String(n), String(total)],
    })),
  },
  { weight: 1, arbitrary: fc.constant<Call>({ name: "allot_fence", keys: [fence, outbox], args: [] }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "allot_begin",
          "allot_clear",
          "allot_reset",
          "allot_released",
          "allot_bans",
          "allot_arm",
          "allot_restore",
        ),
        fc.integer({ min: 1, max: 4 }),
        fc.array(asker, { minLength: 1, maxLength: 4 }),
      )
      .map(([name, epoch, rows]): Call => {
        const e = String(epoch);
        switch (name) {
          case "allot_begin":
            return { name, keys: [fence], args: [e] };
          case "allot_clear":
            return { name, keys: [fence, rule(1, 0), requests(2)], args: [e] };
          case "allot_reset":
            return { name, keys: [fence, stock(1)], args: [e, String(aheadMs), "rev", "2", "i0", "3"] };
          case "allot_released":
            return { name, keys: [fence, released], args: [e, ...rows.map(({ user }) => String(user))] };
          case "allot_bans":
            return {
              name,
              keys: [fence, bans],
              args: [e, rows.length % 2 ? "1" : "0", ...rows.map(({ user }) => bytes16(user + 1))],
            };
          case "allot_arm":
            return { name, keys: [fence, outbox], args: [e, String(aheadMs)] };
          default: {
            const stamps = Buffer.concat(rows.map(({ choice }) => Buffer.alloc(12, choice + 1)));
            const asked = Buffer.concat(
              rows.map(({ request }) => (request === 0 ? bytes16(0) : bytes16(100 + request))),
            );
            const users = Buffer.concat(rows.map(({ user }) => bytes16(user)));
            const fields = Buffer.alloc(8 * rows.length);
            return {
              name,
              keys: [fence, requests(1), rule(1, 0), rule(1, 1)],
              args: [e, "0", stamps, asked, fields, "1", "0", users, "0", String(aheadMs * 2), users],
            };
          }
        }
      }),
  },
);

/** A reply, or what is wrong: not in whose words. */
async function reply(redis: Redis, { name, keys, args }: Call): Promise<unknown> {
  try {
    const command = name === "allot_fence" ? "FCALL_RO" : "FCALL";
    return texts(await redis.callBuffer(command, name, keys.length, ...keys, ...args));
  } catch (error) {
    return `error ${error instanceof Error && error.name}`;
  }
}

const texts = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(texts) : Buffer.isBuffer(value) ? value.toString("latin1") : value;

async function entries(redis: Redis): Promise<unknown> {
  return texts(await redis.xrangeBuffer(outbox, "(0-0", "+", "COUNT", 1_000));
}

test("the Functions in JavaScript answer and record as those in Lua do, byte for byte", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(calls, { minLength: 5, maxLength: 60 }), async (sequence) => {
      await real.flushall();
      const server = new RedisProcess({ appendfsync: "always" }, () => nowMs);
      nowMs = Date.now();
      const twin = redisClient({ status: "ready", send: async (command) => server.execute(command) });
      await loadLibrary(twin);
      // A library's locals outlive the data: this begins anew in both.
      const first: Call[] = [
        { name: "allot_begin", keys: [fence], args: ["1"] },
        { name: "allot_arm", keys: [fence, outbox], args: ["1", String(aheadMs)] },
      ];
      for (const call of [...first, ...sequence]) {
        expect([call.name, await reply(twin, call)]).toEqual([call.name, await reply(real, call)]);
      }
      expect(await entries(twin)).toEqual(await entries(real));
      for (const key of [
        fence,
        bans,
        released,
        stock(1),
        stock(2),
        requests(1),
        requests(2),
        rule(1, 0),
        rule(1, 1),
        rule(2, 0),
        rule(2, 1),
      ]) {
        const [ours, theirs] = [await hash(twin, key), await hash(real, key)];
        expect([key, ours]).toEqual([key, theirs]);
      }
    }),
    { numRuns: 300 },
  );
});

async function hash(redis: Redis, key: string): Promise<Record<string, string>> {
  const flat = texts(await redis.callBuffer("HGETALL", key)) as string[];
  return Object.fromEntries(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1]!]] : [])));
}
