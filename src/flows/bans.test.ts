import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { someone } from "../ledger/contract/participants.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { createLogger } from "../log.ts";
import { StoreUnavailable } from "../store/store.ts";
import { Bans, type BansOptions } from "./bans.ts";

/** Partitions that know who is banned, of which some may be away. */
class Partitions {
  readonly banned = [new Set<string>(), new Set<string>(), new Set<string>()];
  readonly away = new Set<number>();
  told = 0;
  /** Awaited before a word takes effect. */
  before: (banned: boolean) => Promise<void> = async () => {};

  async ban(partitionNo: number, userHash: Buffer, banned: boolean): Promise<void> {
    this.told++;
    await this.before(banned);
    if (this.away.has(partitionNo)) throw new StoreUnavailable("away");
    if (banned) this.banned[partitionNo]!.add(userHash.toString("hex"));
    else this.banned[partitionNo]!.delete(userHash.toString("hex"));
  }

  /** Which of them refuse the user. */
  refusing(userHash: Buffer): number[] {
    return this.banned.flatMap((users, no) => (users.has(userHash.toString("hex")) ? [no] : []));
  }
}

async function setUp() {
  const dir = await mkdtemp(join(tmpdir(), "allot-bans-"));
  const ledger = sqliteLedger(openSqlite(dir));
  const store = new Partitions();
  const clock = { nowMs: Date.now() };
  const services: { bans: Bans; ended: Promise<void> }[] = [];
  onTestFinished(async () => {
    for (const { bans, ended } of services) {
      bans.stop();
      await ended;
    }
    await ledger.close();
    await rm(dir, { recursive: true });
  });
  const user = someone();
  const bansOf = (changes: Partial<BansOptions> = {}) =>
    new Bans({
      ledger,
      store,
      partitions: 3,
      log: createLogger("fatal"),
      clock: () => clock.nowMs,
      ...changes,
    });
  return {
    ledger,
    store,
    clock,
    user,
    bansOf,
    setBan: (banned: boolean) =>
      ledger.setBan({ ...user, banned, reason: "", nowMs: clock.nowMs }, undefined),
    run(bans: Bans) {
      services.push({ bans, ended: bans.run() });
    },
  };
}

test("a ban and its lifting are in every partition when they are answered", async () => {
  const { store, user, bansOf, setBan } = await setUp();
  const bans = bansOf();
  await setBan(true);
  await bans.push(user.userHash);
  expect(store.refusing(user.userHash)).toEqual([0, 1, 2]);
  await bans.push(user.userHash);
  expect(store.told).toBe(3);
  await setBan(false);
  await bans.push(user.userHash);
  expect(store.refusing(user.userHash)).toEqual([]);
});

test("where a partition is away it is told, the others know, and the rest is done in the background", async () => {
  const { store, user, bansOf, setBan, run } = await setUp();
  const bans = bansOf();
  store.away.add(1);
  await setBan(true);
  await expect(bans.push(user.userHash)).rejects.toThrow(StoreUnavailable);
  expect(store.refusing(user.userHash)).toEqual([0, 2]);
  store.away.clear();
  run(bansOf());
  await expect.poll(() => store.refusing(user.userHash)).toEqual([0, 1, 2]);
});

test("a ban that is overtaken by its lifting does not stay", async () => {
  const { store, user, bansOf, setBan } = await setUp();
  const [slow, fast] = [bansOf(), bansOf()];
  const overtaken = Promise.withResolvers<void>();
  const underWay = Promise.withResolvers<void>();
  store.before = async (banned) => {
    if (!banned) return;
    underWay.resolve();
    await overtaken.promise;
  };
  await setBan(true);
  const answer = slow.push(user.userHash);
  await underWay.promise;
  await setBan(false);
  await fast.push(user.userHash);
  overtaken.resolve();
  await answer;
  expect(store.refusing(user.userHash)).toEqual([]);
});

test("what a server that died had under way is put right a minute later", async () => {
  const { ledger, store, clock, user, bansOf, setBan, run } = await setUp();
  await setBan(true);
  await bansOf().push(user.userHash);
  await setBan(false);
  await bansOf().push(user.userHash);
  for (const no of [0, 1, 2]) await store.ban(no, user.userHash, true);
  expect(store.refusing(user.userHash)).toEqual([0, 1, 2]);
  clock.nowMs += 60_000;
  run(bansOf());
  await expect.poll(() => store.refusing(user.userHash)).toEqual([]);
  // Nothing is left to say about a user who never registered.
  await expect.poll(() => ledger.ban(user.userHash)).toBeUndefined();
});
