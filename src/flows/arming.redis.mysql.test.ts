import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../../test/servers/fresh-database.ts";
import { freshRedis } from "../../test/servers/fresh-redis.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { mysqlLedger } from "../ledger/mysql/ledger.ts";
import { migrate } from "../ledger/mysql/migrate.ts";
import { connected, connectRedis } from "../store/redis/connect.ts";
import { partitionKeys } from "../store/redis/keys.ts";
import { replaceLibrary } from "../store/redis/library.ts";
import { RedisPartition } from "../store/redis/partition.ts";
import { Arming } from "./arming.ts";
import { Drain } from "./drain.ts";
import { runAll } from "./service.ts";

let ledger: Ledger;
let lending: Lending;
let partition: RedisPartition;
let armed: object[];
const steps: (() => unknown)[] = [];

beforeEach(async () => {
  const [server, url] = await Promise.all([freshRedis(), freshDatabase()]);
  await migrate(url);
  ({ ledger, lending } = mysqlLedger(url));
  await lending.setUpPartitions(1);
  const redis = connectRedis(server.url, () => {});
  await connected(redis, 5_000);
  partition = new RedisPartition(() => redis, partitionKeys(0, 1), 0);
  armed = [];
  steps.push(
    () => ledger.close(),
    () => redis.disconnect(),
  );
});
afterEach(async () => {
  for (const step of steps.splice(0).reverse()) await step();
});

/** A server's arming, with the ledger as it sees it. */
function arming(seen: Lending): Arming {
  const write = (line: string) => {
    const { msg, epoch, intact, proven } = JSON.parse(line);
    if (msg === "partition armed") armed.push({ epoch, intact, proven });
  };
  const log = pino({ level: "debug" }, { write });
  const drain = new Drain({ lending, partitions: [partition], log });
  return new Arming({ partitions: [partition], ledger, lending: seen, drain, log });
}

function run(service: Arming): void {
  const running = runAll([service], pino({ level: "silent" }));
  steps.push(() => running.stop());
}

const isArmed = (service: Arming) => expect.poll(() => service.current(0)).toBeDefined();

/** The real ledger, which answers the first time that `method` is asked only after something else was done. */
function delayed<Method extends "partition" | "beginArming" | "endArming">(
  method: Method,
  meanwhile: () => Promise<unknown>,
): Lending {
  let done: Promise<unknown> | undefined;
  const wait = async (...args: unknown[]) => {
    done ??= meanwhile();
    await done;
    return await (lending[method] as (...args: unknown[]) => Promise<unknown>).apply(lending, args);
  };
  return new Proxy(lending, {
    get(target, name) {
      if (name === method) return wait;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test.each(["at first", "after a restart"])(
  "what another server arms between two looks stays armed, %s",
  async (when) => {
    if (when === "after a restart") {
      const before = arming(lending);
      run(before);
      await isArmed(before);
      // As a restart does: the process forgets, the data stays.
      await replaceLibrary(partition.server());
      armed.length = 0;
    }
    const first = arming(lending);
    const second = arming(
      delayed("partition", async () => {
        run(first);
        await isArmed(first);
      }),
    );
    run(second);
    await isArmed(second);
    expect(second.current(0)).toBe(first.current(0));
    expect(armed).toHaveLength(1);
    expect(armed).toMatchObject([{ proven: true }]);
  },
);

test("a server that begins to arm by looks that are out of date arms nothing", async () => {
  const first = arming(lending);
  run(first);
  await isArmed(first);
  await replaceLibrary(partition.server());
  const second = arming(
    delayed("beginArming", async () => {
      first.lost(0);
      await isArmed(first);
    }),
  );
  run(second);
  await isArmed(second);
  expect(second.current(0)).toBe(first.current(0));
  expect(armed).toEqual([
    { epoch: 1, intact: false, proven: true },
    { epoch: 2, intact: true, proven: true },
  ]);
});

test("data that lacks what was drained from it counts as lost", async () => {
  const first = arming(lending);
  run(first);
  await isArmed(first);
  // Drained from a master whose replica never got it.
  await lending.record(0, [{ epoch: 1, n: 1, timeMs: Date.now(), runs: [], handBacks: [] }]);
  await replaceLibrary(partition.server());
  first.lost(0);
  await expect.poll(() => first.current(0)).toBe(2);
  expect(armed).toEqual([
    { epoch: 1, intact: false, proven: true },
    { epoch: 2, intact: false, proven: false },
  ]);
});

test("who dies while it arms holds nobody up for long; who lives and is slow is not overtaken", {
  timeout: 20_000,
}, async () => {
  // Began, and was never heard of again.
  await lending.beginArming(0, 0, "dead", 500);
  const slow = arming(
    delayed("endArming", async () => {
      const until = performance.now() + 4_000;
      await expect.poll(() => performance.now(), { timeout: 6_000 }).toBeGreaterThan(until);
    }),
  );
  run(slow);
  run(arming(lending));
  await expect.poll(() => slow.current(0), { timeout: 15_000 }).toBeDefined();
  expect(armed).toEqual([{ epoch: 2, intact: false, proven: true }]);
});
