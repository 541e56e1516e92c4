import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import type { Entry } from "../ledger.ts";
import type { Block, OutboxBatch, PoolKey } from "../lending.ts";
import { create, prize } from "./harness.ts";
import { books, type LendingHarness, StoreSide, serialsOf } from "./lending-harness.ts";

export function recordsOutboxes(harness: () => LendingHarness): void {
  let store: StoreSide;
  let campaign: Campaign;
  let pool: PoolKey;
  let block: Block;
  beforeAll(async () => {
    await new StoreSide(harness()).arm(1);
  });
  /** A campaign of its own with one block of 3,000 in partition 1. */
  beforeEach(async () => {
    store = new StoreSide(harness());
    campaign = await create(harness().ledger, { prizes: [prize("a", 5_000), prize("b", 5_000)] });
    pool = await store.pool(campaign, 0, "", 1);
    block = await store.block(pool, 3_000);
  });
  const coupons = () => harness().ledger.coupons({ campaignNo: campaign.no }, undefined, 10_000);
  const issued = async () => (await harness().ledger.counts(campaign.no)).map((count) => count.issued);
  const deadLetters = async () => {
    const rows = await harness().queries.selectFrom("dead_letter").selectAll().orderBy("no").execute();
    return rows.filter(({ content }) => JSON.parse(content).campaignNo === campaign.no);
  };

  test("a run is recorded whole, in key order, and moves the mark and the clock", async () => {
    const { lending } = harness();
    const serials = serialsOf(block);
    const batches: OutboxBatch[] = [];
    for (const size of [1_000, 1, 999, 345])
      batches.push(await store.batch(campaign, pool, serials.splice(0, size)));
    batches[2]!.timeMs -= 1_000_000;
    const last = batches.at(-1)!;
    expect(await lending.record(1, batches.toReversed())).toEqual({
      recorded: 2_345,
      dead: 0,
      highEpoch: pool.epoch,
      highN: last.n,
    });
    expect(await coupons()).toEqual(batches.flatMap(({ entries }) => entries));
    expect(await issued()).toEqual([2_345, 0]);
    expect(await lending.partition(1)).toMatchObject({
      highEpoch: pool.epoch,
      highN: last.n,
      clockMs: last.timeMs,
    });
    expect(await lending.issuedIn(1)).toContainEqual({ campaignNo: campaign.no, prizeNo: 0, issued: 2_345 });
    expect(await books(harness(), campaign)).toMatchObject({
      granted: 3_000,
      lent: serialsOf({ first: block.first + 2_345, size: 655 }),
    });
  });

  test("what was recorded is skipped, the rest of the run is not", async () => {
    const { lending } = harness();
    const batches: OutboxBatch[] = [];
    for (let i = 0; i < 4; i++) batches.push(await store.batch(campaign, pool, [block.first + i]));
    await lending.record(1, batches.slice(0, 2));
    expect(await lending.record(1, batches.slice(0, 2))).toMatchObject({
      recorded: 0,
      dead: 0,
      highN: batches[1]!.n,
    });
    expect(await lending.record(1, batches)).toMatchObject({ recorded: 2, dead: 0, highN: batches[3]!.n });
    expect(await issued()).toEqual([4, 0]);
    expect(await lending.record(1, [])).toMatchObject({ recorded: 0, highN: batches[3]!.n });
  });

  test("two readers of one outbox at once record everything once", async () => {
    const { lending, other } = harness();
    const batches: OutboxBatch[] = [];
    for (let i = 0; i < 40; i++)
      batches.push(await store.batch(campaign, pool, serialsOf({ first: block.first + i * 10, size: 10 })));
    const back = { number: block.number, first: block.first + 400, size: block.size - 400 };
    batches.push(await store.batch(campaign, pool, [], [back]));
    const runs: Promise<{ recorded: number; dead: number }>[] = [
      lending.record(1, batches),
      other.record(1, batches),
    ];
    for (let at = 0; at < 40; at += 4) {
      runs.push(lending.record(1, batches.slice(0, at + 4)), other.record(1, batches.slice(0, at + 2)));
    }
    const results = await Promise.all(runs);
    expect(results.reduce((sum, { recorded }) => sum + recorded, 0)).toBe(400);
    expect(results.every(({ dead }) => dead === 0)).toBe(true);
    expect((await coupons()).map(({ serial }) => serial)).toEqual(
      serialsOf({ first: block.first, size: 400 }),
    );
    expect(await issued()).toEqual([400, 0]);
    expect((await lending.partition(1)).highN).toBe(batches.at(-1)!.n);
  });

  test("partitions record at the same time, also coupons of one prize", async () => {
    await new StoreSide(harness()).arm(2);
    const there = await store.pool(campaign, 0, "", 2);
    const theirs = await store.block(there, 1_000);
    const work = async (of: PoolKey, serials: number[]) => {
      for (let at = 0; at < serials.length; at += 50) {
        await harness().lending.record(of.partitionNo, [
          await store.batch(campaign, of, serials.slice(at, at + 50)),
        ]);
      }
    };
    await Promise.all([
      work(pool, serialsOf({ first: block.first, size: 1_000 })),
      work(there, serialsOf(theirs)),
    ]);
    expect(await issued()).toEqual([2_000, 0]);
    expect(await harness().lending.issuedIn(2)).toContainEqual({
      campaignNo: campaign.no,
      prizeNo: 0,
      issued: 1_000,
    });
  });

  test("an entry in another's place goes to the dead letters, the others are recorded", async () => {
    const { lending, queries } = harness();
    const first = await store.batch(campaign, pool, serialsOf({ first: block.first, size: 30 }));
    await lending.record(1, [first]);
    await queries
      .updateTable("partition_state")
      .set({ high_n: first.n - 1 })
      .where("no", "=", 1)
      .execute();
    const changed = first.entries[17]!;
    const again = {
      ...first,
      entries: first.entries.with(17, { ...changed, userId: "mallory", userHash: Buffer.alloc(16, 7) }),
    };
    const more = await store.batch(campaign, pool, [block.first + 30]);
    expect(await lending.record(1, [again, more])).toEqual({
      recorded: 1,
      dead: 1,
      highEpoch: pool.epoch,
      highN: more.n,
    });
    expect(await issued()).toEqual([31, 0]);
    expect(await harness().ledger.coupon(campaign.space.no, changed.serial)).toEqual(changed);
    const [letter, ...rest] = await deadLetters();
    expect(rest).toEqual([]);
    expect(letter).toMatchObject({
      partition_no: 1,
      epoch: pool.epoch,
      n: first.n,
      i: 17,
      problem: "another entry is recorded in its place: user_id, user_hash",
    });
    expect(JSON.parse(letter!.content)).toMatchObject({
      userId: "mallory",
      userHash: "07".repeat(16),
      serial: changed.serial,
    });
  });

  test("a serial that is recorded already goes to the dead letters, and counts as spent", async () => {
    const { lending } = harness();
    const [a, b] = [block.first, block.first + 5];
    const batches = [await store.batch(campaign, pool, [a]), await store.batch(campaign, pool, [a, b])];
    expect(await lending.record(1, batches)).toMatchObject({ recorded: 2, dead: 1 });
    expect(await deadLetters()).toMatchObject([
      { n: batches[1]!.n, i: 0, problem: "its serial is recorded for another entry" },
    ]);
    expect((await coupons()).map(({ serial }) => serial)).toEqual([a, b]);
    expect(await issued()).toEqual([2, 0]);
    expect((await books(harness(), campaign)).lent[0]).toBe(b + 1);
  });

  test("every column that differs is noticed", async () => {
    const { lending, queries } = harness();
    const original = await store.batch(campaign, pool, [block.first]);
    const entry: Entry = {
      ...original.entries[0]!,
      requestHash: Buffer.alloc(16, 1),
      requestFields: Buffer.alloc(8, 2),
      addressHash: Buffer.alloc(16, 3),
    };
    await lending.record(1, [{ ...original, entries: [entry] }]);
    const variants: Partial<Entry>[] = [
      {},
      { prizeNo: 1 },
      { revision: 2 },
      { spaceNo: 999_999 },
      { serial: block.first + 9 },
      { timeMs: 5 },
      { userId: "x" },
      { userHash: Buffer.alloc(16) },
      { requestHash: undefined },
      { requestFields: undefined },
      { addressHash: undefined },
    ];
    for (const variant of variants) {
      await queries
        .updateTable("partition_state")
        .set({ high_n: original.n - 1 })
        .where("no", "=", 1)
        .execute();
      const { recorded, dead } = await lending.record(1, [
        { ...original, entries: [{ ...entry, ...variant }] },
      ]);
      expect({ recorded, dead, variant }).toEqual({
        recorded: 0,
        dead: Object.keys(variant).length,
        variant,
      });
    }
    expect(await coupons()).toEqual([entry]);
  });

  test("handing back is done once, at its place in the run", async () => {
    const { lending } = harness();
    const back = { number: block.number, first: block.first + 2, size: 2_998 };
    const batches = [
      await store.batch(campaign, pool, [block.first]),
      await store.batch(campaign, pool, [], [back]),
    ];
    expect(await lending.record(1, batches)).toMatchObject({ recorded: 1, dead: 0 });
    expect(await lending.record(1, batches)).toMatchObject({ recorded: 0, dead: 0 });
    expect(await books(harness(), campaign)).toMatchObject({ granted: 2, lent: [block.first + 1] });
    await store.spend(campaign, pool, [block.first + 1]);
    expect(await harness().lending.poolsOf(campaign.no, 0)).toEqual([]);
  });

  test("a block is closed when it is spent to its end, or handed back to what is spent", async () => {
    const open = async () => {
      const rows = await harness()
        .queries.selectFrom("block")
        .select("number")
        .where("campaign_no", "=", campaign.no)
        .where("closed", "=", 0)
        .orderBy("number")
        .execute();
      return rows.map(({ number }) => number);
    };
    const [second, third] = [await store.block(pool, 5), await store.block(pool, 5)];
    expect(await open()).toEqual([1, 2, 3]);
    await store.spend(campaign, pool, serialsOf(second));
    expect(await open()).toEqual([1, 3]);
    await store.spend(campaign, pool, [third.first]);
    await store.handBack(campaign, pool, third, 1);
    await store.handBack(campaign, pool, block, 0);
    expect(await open()).toEqual([]);
  });

  test("handing back and lending at the same time keep the prize's books", async () => {
    await new StoreSide(harness()).arm(2);
    const there = await store.pool(campaign, 0, "", 2);
    const blocks: Block[] = [];
    for (let i = 0; i < 20; i++) blocks.push(await store.block(pool, 50));
    const giveBack = async () => {
      for (const one of blocks) await store.handBack(campaign, pool, one, 20);
    };
    const lend = async () => {
      for (let number = 1; number <= 40; number++) await harness().other.lend(there, number, 10, false);
    };
    await Promise.all([giveBack(), lend()]);
    const { reserved, free, lent, granted } = await books(harness(), campaign);
    expect([...free, ...lent].toSorted((a, b) => a - b)).toEqual(reserved);
    expect(granted).toBe(lent.length);
  });

  test("what is handed back but is not the unspent end of a block goes to the dead letters", async () => {
    const { lending } = harness();
    const { number, first, size } = block;
    await store.spend(campaign, pool, [first, first + 1]);
    const wrong = [
      { number, first: first + 1, size: size - 1 },
      { number, first: first + 2, size: size - 3 },
      { number, first: first + 2, size: size - 1 },
      { number, first: first + size, size: 0 },
      { number: number + 1, first: first + 2, size: size - 2 },
    ];
    const batch = await store.batch(campaign, pool, [], wrong);
    expect(await lending.record(1, [batch])).toMatchObject({ recorded: 0, dead: 5 });
    expect((await deadLetters()).map(({ i, problem }) => [i, problem])).toEqual(
      wrong.map((_, i) => [i, "it is not the unspent end of a block"]),
    );
    expect(await books(harness(), campaign)).toMatchObject({ granted: 3_000 });
  });

  test("a run that can't be recorded leaves no trace, and no transaction open", async () => {
    const { lending, queries } = harness();
    const before = await lending.partition(1);
    const good = await store.batch(campaign, pool, [block.first]);
    const bad = await store.batch(campaign, pool, [block.first + 1]);
    bad.entries[0]!.userId = "x".repeat(129);
    await expect(lending.record(1, [good, bad])).rejects.toThrow("user_id");
    expect(await lending.partition(1)).toEqual(before);
    expect(await coupons()).toEqual([]);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        queries
          .updateTable("partition_state")
          .set({ clock_ms: before.clockMs })
          .where("no", "=", 1)
          .execute(),
      ),
    );
    expect(await lending.record(1, [good])).toMatchObject({ recorded: 1 });
  });

  test("a partition's entries are read in order, without those of campaigns that the store has forgotten", async () => {
    const { ledger, lending } = harness();
    const retired = await create(ledger, { prizes: [prize("a", 100)] });
    const deleted = await create(ledger, { prizes: [prize("a", 100)] });
    const mine: Entry[] = [];
    for (let round = 0; round < 3; round++) {
      for (const one of [campaign, retired, deleted]) {
        const from = await store.pool(one, 0, "", 1);
        const serials =
          one === campaign
            ? serialsOf({ first: block.first + round * 5, size: 5 })
            : serialsOf(await store.block(from, 5));
        const batch = await store.batch(one, from, serials);
        await lending.record(1, [batch]);
        if (one === campaign) mine.push(...batch.entries);
      }
    }
    await ledger.changeCampaign(retired.id, 1, { retired: true, nowMs: 1 }, undefined);
    await ledger.changeCampaign(deleted.id, 1, { deletedMs: 1, nowMs: 1 }, undefined);
    const start = { ...mine[0]!, i: -1 };
    expect(await lending.entries(1, start, 1_000)).toEqual(mine);
    const paged: Entry[] = [];
    for (
      let page = await lending.entries(1, start, 4);
      page.length > 0;
      page = await lending.entries(1, paged.at(-1), 4)
    )
      paged.push(...page);
    expect(paged).toEqual(mine);
    const all = await lending.entries(1, undefined, 100_000);
    expect(all.slice(-mine.length)).toEqual(mine);
    expect(all.every(({ partitionNo }) => partitionNo === 1)).toBe(true);
  });
}
