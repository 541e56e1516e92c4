import { sql } from "kysely";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import type { PoolKey } from "../lending.ts";
import { create, fresh, prize } from "./harness.ts";
import { books, type LendingHarness, PARTITIONS, record, StoreSide, serialsOf } from "./lending-harness.ts";

const LONG_MS = 60_000;
const TODAY = "2026-11-20";

export function armsPartitions(harness: () => LendingHarness): void {
  let store: StoreSide;
  let campaign: Campaign;
  let pool: PoolKey;
  beforeAll(async () => {
    await new StoreSide(harness()).arm(2);
  });
  beforeEach(async () => {
    store = new StoreSide(harness());
    campaign = await create(harness().ledger, { prizes: [prize("a", 100), prize("b", 100, 60)] });
    pool = await store.pool(campaign, 0, "", 2);
  });
  const partition = () => harness().lending.partition(2);
  const inDoubt = async () => (await harness().ledger.counts(campaign.no)).map((count) => count.inDoubt);

  test("the number of partitions is fixed; others say so", async () => {
    const { lending, other } = harness();
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => (i % 2 ? lending : other).setUpPartitions(PARTITIONS)),
    );
    await expect(lending.setUpPartitions(PARTITIONS + 1)).rejects.toThrow(
      "set up with 4 partitions, which is fixed, and not 5",
    );
    await expect(lending.partition(PARTITIONS)).rejects.toThrow("there is no partition 4");
    expect((await partition()).no).toBe(2);
  });

  test("of many who would arm an epoch, one may; and nobody else until it is done", async () => {
    const { lending, other } = harness();
    const { epoch, armedEpoch } = await partition();
    const owners = Array.from({ length: 8 }, () => fresh("armer"));
    const begun = await Promise.all(
      owners.map((owner, i) => (i % 2 ? lending : other).beginArming(2, epoch, owner, LONG_MS)),
    );
    expect(begun.filter((one) => one !== undefined)).toEqual([epoch + 1]);
    const owner = owners[begun.indexOf(epoch + 1)]!;
    expect(await partition()).toMatchObject({ epoch: epoch + 1, armedEpoch, durable: true });
    expect(await lending.beginArming(2, epoch + 1, "another", LONG_MS)).toBeUndefined();
    // It may itself begin again, say after a lost answer.
    expect(await lending.beginArming(2, epoch, owner, LONG_MS)).toBeUndefined();
    expect(await lending.beginArming(2, epoch + 1, owner, LONG_MS)).toBe(epoch + 2);
    await lending.endArming(2, epoch + 2, owner, false);
    expect(await partition()).toMatchObject({ epoch: epoch + 2, armedEpoch: epoch + 2, durable: false });
    await lending.endArming(2, epoch + 2, owner, true);
    expect(await lending.beginArming(2, epoch + 2, "another", LONG_MS)).toBe(epoch + 3);
    await lending.endArming(2, epoch + 3, "another", true);
  });

  test("who goes on arming keeps the right to, and nobody else keeps it for them", async () => {
    const { lending, other } = harness();
    const { epoch } = await partition();
    expect(await lending.beginArming(2, epoch, "slow", 0)).toBe(epoch + 1);
    await lending.extendArming(2, epoch + 1, "slow", LONG_MS);
    expect(await other.beginArming(2, epoch + 1, "quick", LONG_MS)).toBeUndefined();
    await other.extendArming(2, epoch + 1, "quick", 0);
    await lending.extendArming(2, epoch, "slow", 0);
    expect(await other.beginArming(2, epoch + 1, "quick", LONG_MS)).toBeUndefined();
    await lending.extendArming(2, epoch + 1, "slow", 0);
    expect(await other.beginArming(2, epoch + 1, "quick", LONG_MS)).toBe(epoch + 2);
    await lending.extendArming(2, epoch + 1, "slow", 0);
    await other.endArming(2, epoch + 2, "quick", true);
  });

  test("who took too long is overtaken, and can neither close blocks nor put its epoch in force", async () => {
    const { lending } = harness();
    const { epoch, armedEpoch } = await partition();
    expect(await lending.beginArming(2, epoch, "slow", 0)).toBe(epoch + 1);
    expect(await lending.beginArming(2, epoch + 1, "quick", LONG_MS)).toBe(epoch + 2);
    await store.arm(0);
    const { epoch: elsewhere } = await lending.partition(0);
    const lentElsewhere = await store.pool(campaign, 0, "", 0);
    await store.block(lentElsewhere, 5);
    await expect(lending.endArming(2, epoch + 1, "slow", true)).rejects.toThrow(
      "no longer being armed for epoch",
    );
    await expect(lending.endArming(2, epoch + 2, "slow", true)).rejects.toThrow("somebody else went on");
    expect(await partition()).toMatchObject({ epoch: epoch + 2, armedEpoch });
    await lending.endArming(2, epoch + 2, "quick", true);
    const block = await store.block({ ...pool, epoch: epoch + 2 }, 5);
    await lending.beginArming(2, epoch + 2, "slow", 0);
    await lending.beginArming(2, epoch + 3, "quick", LONG_MS);
    await expect(lending.closeBlocks(2, epoch + 3, true)).rejects.toThrow("somebody else went on");
    expect((await books(harness(), campaign)).lent).toEqual(expect.arrayContaining(serialsOf(block)));
    await lending.closeBlocks(2, epoch + 4, true);
    await lending.endArming(2, epoch + 4, "quick", true);
    expect((await lending.partition(0)).epoch).toBe(elsewhere);
    expect((await books(harness(), campaign)).lent).toHaveLength(5);
  });

  test("where nothing can be lost, unspent serials are free again", async () => {
    const daily = await store.pool(campaign, 1, TODAY, 2);
    const [first, second, ofDay] = [
      await store.block(pool, 10),
      await store.block(pool, 10),
      await store.block(daily, 30),
    ];
    await store.spend(campaign, pool, serialsOf(first).slice(0, 4));
    await store.spend(campaign, daily, serialsOf(ofDay).slice(0, 5));
    await store.arm(2, { proven: true });
    expect(await books(harness(), campaign, 0)).toMatchObject({
      granted: 4,
      lent: [],
      doubt: [],
      issued: serialsOf(first).slice(0, 4),
    });
    expect(await books(harness(), campaign, 1)).toMatchObject({
      granted: 5,
      lent: [],
      grantedOn: { [TODAY]: 5 },
    });
    const again = await store.pool(campaign, 0, "", 2);
    expect(again.epoch).toBeGreaterThan(pool.epoch);
    expect(await store.block(again, 99)).toMatchObject({ number: 1, first: first.first + 4, size: 96 });
    expect(second.first).toBe(first.first + 10);
    expect(await inDoubt()).toEqual([0, 0]);
  });

  test("where it can't be known, they are set aside as in doubt, and count against the quota", async () => {
    const { lending } = harness();
    const block = await store.block(pool, 60);
    await store.spend(campaign, pool, serialsOf(block).slice(0, 4));
    const { epoch } = await partition();
    const next = (await lending.beginArming(2, epoch, "armer", LONG_MS))!;
    await lending.closeBlocks(2, next, false);
    await lending.closeBlocks(2, next, false);
    await lending.closeBlocks(2, next, true);
    await lending.endArming(2, next, "armer", true);
    expect(await inDoubt()).toEqual([56, 0]);
    expect(await books(harness(), campaign)).toMatchObject({
      granted: 60,
      lent: [],
      doubt: serialsOf(block).slice(4),
    });
    const again = await store.pool(campaign, 0, "", 2);
    expect((await store.block(again, 99)).size).toBe(40);
    await store.spend(campaign, again, serialsOf({ first: 60, size: 40 }));
    expect(await store.next(again, 1)).toMatchObject({ block: { exhausted: "total" } });
  });

  test("a coupon that turns up late is out of doubt", async () => {
    const block = await store.block(pool, 10);
    const late = await store.batch(campaign, pool, [block.first + 3, block.first + 4]);
    await store.arm(2, { proven: false });
    expect(await record(harness().lending, 2, [late])).toMatchObject({ recorded: 2, dead: 0 });
    expect(await inDoubt()).toEqual([8, 0]);
    const of = await books(harness(), campaign);
    expect(of).toMatchObject({ granted: 10, issued: [3, 4], doubt: [0, 1, 2, 5, 6, 7, 8, 9] });
  });

  test("a coupon that turns up late though it could not have been issued is not lent again", async () => {
    const daily = await store.pool(campaign, 1, TODAY, 2);
    const block = await store.block(daily, 10);
    const late = await store.batch(campaign, daily, [block.first + 3]);
    await store.arm(2, { proven: true });
    expect(await books(harness(), campaign, 1)).toMatchObject({ granted: 0, grantedOn: { [TODAY]: 0 } });
    expect(await record(harness().lending, 2, [late])).toMatchObject({ recorded: 1, dead: 0 });
    const of = await books(harness(), campaign, 1);
    expect(of).toMatchObject({ granted: 1, grantedOn: { [TODAY]: 1 }, issued: [block.first + 3] });
    expect(of.free).not.toContain(block.first + 3);
    expect(of.free).toHaveLength(99);
  });

  test("a block that is being lent when its epoch ends is closed with the others", async ({ skip }) => {
    const { lending, other, queries, isSerial } = harness();
    skip(isSerial === true);
    const held = Promise.withResolvers<void>();
    const inTheWay = Promise.withResolvers<void>();
    const holder = queries.transaction().execute(async (tx) => {
      await tx.selectFrom("prize").select("no").where("campaign_no", "=", campaign.no).forUpdate().execute();
      held.resolve();
      await inTheWay.promise;
    });
    await held.promise;
    const waits = sql`
      select 1 from information_schema.innodb_trx
      join information_schema.processlist on processlist.id = trx_mysql_thread_id
      where trx_state = 'LOCK WAIT' and processlist.db = database()`;
    // That table stays as it is for whoever reads it again within 100 ms.
    const waiting = async (count: number) =>
      vi.waitFor(async () => expect((await waits.execute(queries)).rows).toHaveLength(count), {
        interval: 150,
      });
    const lent = lending.lend(pool, 1, 10, true);
    await waiting(1);
    const begun = other.beginArming(2, pool.epoch, "armer", LONG_MS);
    await waiting(2);
    inTheWay.resolve();
    await holder;
    expect(await lent).toMatchObject({ kind: "block" });
    const epoch = (await begun)!;
    await other.closeBlocks(2, epoch, true);
    await other.endArming(2, epoch, "armer", true);
    expect(await books(harness(), campaign)).toMatchObject({ granted: 0, lent: [] });
  });

  test("what comes back after its block was closed is not freed a second time", async () => {
    const block = await store.block(pool, 10);
    const { number, first, size } = block;
    const late = await store.batch(campaign, pool, [], [{ number, first, size }]);
    await store.arm(2, { proven: true });
    const before = await books(harness(), campaign);
    expect(await record(harness().lending, 2, [late])).toMatchObject({ recorded: 0, dead: 1 });
    expect(await books(harness(), campaign)).toEqual(before);
  });

  test("a lease is one owner's until it ends by the database's clock, or is given up", async () => {
    const { lending, other } = harness();
    const owners = Array.from({ length: 8 }, () => fresh("reader"));
    const got = await Promise.all(
      owners.map((owner, i) => (i % 2 ? lending : other).lease(2, owner, LONG_MS)),
    );
    expect(got.filter(Boolean)).toHaveLength(1);
    const owner = owners[got.indexOf(true)]!;
    expect(await lending.lease(2, owner, LONG_MS)).toBe(true);
    expect(await other.lease(2, owner.toUpperCase(), LONG_MS)).toBe(false);
    await lending.release(2, "somebody else");
    expect(await other.lease(2, "next", LONG_MS)).toBe(false);
    await lending.release(2, owner);
    expect(await other.lease(2, "next", 0)).toBe(true);
    expect(await lending.lease(2, owner, LONG_MS)).toBe(true);
    expect(await lending.lease(3, "next", 0)).toBe(true);
    await lending.release(2, owner);
  });
}
