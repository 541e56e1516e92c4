import { beforeAll, expect, test } from "vitest";
import { type Campaign, noPrize } from "../../campaign/campaign.ts";
import type { Entry } from "../ledger.ts";
import type { PoolKey } from "../lending.ts";
import { create, prize } from "./harness.ts";
import { books, type LendingHarness, record, StoreSide, serialsOf } from "./lending-harness.ts";
import { lendOneBlock } from "./one-block.ts";
import type { Draft } from "./outbox-batch.ts";

export function recordsOutboxes(harness: () => LendingHarness): void {
  beforeAll(() => new StoreSide(harness()).arm(1));

  test("a run is recorded whole, in key order, and moves the mark and the clock", async () => {
    const { store, campaign, pool, block, coupons, issued } = await lendOneBlock(harness());
    const { lending } = harness();
    const serials = serialsOf(block);
    const batches: Draft[] = [];
    for (const size of [1_000, 1, 999, 345])
      batches.push(await store.batch(campaign, pool, serials.splice(0, size)));
    batches[2]!.timeMs -= 1_000_000;
    const last = batches.at(-1)!;
    expect(await record(lending, 1, batches.toReversed())).toEqual({
      recorded: 2_345,
      dead: 0,
      highEpoch: pool.epoch,
      highN: last.n,
    });
    expect(await coupons()).toEqual(
      batches.flatMap(({ entries, timeMs }) => entries.map((entry) => ({ ...entry, timeMs }))),
    );
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

  test("entries of any length are recorded, however many statements they take", async () => {
    const { store, campaign, pool, block, coupons } = await lendOneBlock(harness());
    const batches: Draft[] = [];
    for (let at = 0; at < 3_000; at += 500) {
      const batch = await store.batch(campaign, pool, serialsOf({ first: block.first + at, size: 500 }));
      // Long ones and short ones, plain and not, with and without hashes, out of step with the batches.
      batch.entries.forEach((entry, i) => {
        entry.userId = (i % 3 === 0 ? "é" : "xx").repeat(i % 11 === 0 ? 1 : 62) + i;
        if (i % 5 > 0) entry.requestHash = entry.userHash;
        if (i % 5 > 0) entry.requestFields = entry.userHash.subarray(8);
        if (i % 7 > 2) entry.addressHash = entry.userHash;
      });
      batches.push(batch);
    }
    expect(await record(harness().lending, 1, batches)).toMatchObject({ recorded: 3_000, dead: 0 });
    expect(await coupons()).toEqual(batches.flatMap(({ entries }) => entries));
  });

  test("entries of many prizes and blocks at once are counted and spent where they belong", async () => {
    const { store } = await lendOneBlock(harness());
    const { ledger, lending } = harness();
    const campaigns = [];
    const takings = [];
    for (let c = 0; c < 5; c++) {
      const campaign = await create(ledger, { prizes: [prize("a", 100), prize("b", 100)] });
      campaigns.push(campaign);
      for (const prizeNo of [0, 1]) {
        const pool = await store.pool(campaign, prizeNo, "", 1);
        const [one] = [await store.block(pool, 10), await store.block(pool, 10)];
        // The first block to its end and on into the second, in one run.
        takings.push({ campaign, pool, serials: serialsOf({ first: one.first, size: 10 + c + prizeNo }) });
      }
    }
    for (const [from, to] of [
      [0, 3],
      [3, 20],
    ]) {
      const batches: Draft[] = [];
      for (const { campaign, pool, serials } of takings)
        batches.push(await store.batch(campaign, pool, serials.slice(from, to)));
      expect(await record(lending, 1, batches)).toMatchObject({ dead: 0 });
    }
    for (const [c, campaign] of campaigns.entries()) {
      expect((await ledger.counts(campaign.no)).map(({ issued }) => issued)).toEqual([10 + c, 11 + c]);
      for (const prizeNo of [0, 1]) {
        const { lent, issued } = await books(harness(), campaign, prizeNo);
        expect(issued).toHaveLength(10 + c + prizeNo);
        expect(lent).toEqual(serialsOf({ first: issued.at(-1)! + 1, size: 10 - c - prizeNo }));
      }
    }
  });

  test("entries without serials are recorded between those that have one, counted apart, and spend nothing", async () => {
    const { store, campaign, pool, block } = await lendOneBlock(harness());
    const { ledger, lending } = harness();
    const batch = await store.batch(campaign, pool, serialsOf({ first: block.first, size: 8 }));
    const lost = { prizeNo: noPrize, serial: undefined };
    // Won, lost, a prize that had run out, and one of each kind alone; two of them are a user's second.
    const what: Partial<Entry>[] = [
      { serial: block.first, drawnNo: 0 },
      { serial: block.first + 1, drawnNo: 0 },
      { ...lost },
      { ...lost },
      { ...lost, drawnNo: 1 },
      { ...lost, drawnNo: 1, number: 2 },
      { serial: block.first + 2, drawnNo: 0, number: 2 },
      { ...lost, drawnNo: 65_534, number: 100 },
    ];
    batch.entries = batch.entries.map((entry, i) => ({ ...entry, number: 1, ...what[i] }));
    const { timeMs } = batch;
    expect(await record(lending, 1, [batch])).toMatchObject({ recorded: 8, dead: 0 });
    expect(await ledger.entriesOf(campaign.no, {}, undefined, 100)).toEqual(
      batch.entries.map((entry) => ({ ...entry, timeMs })),
    );
    expect(await ledger.counts(campaign.no)).toEqual([
      { prizeNo: 0, issued: 3, inDoubt: 0, returned: 0 },
      { prizeNo: 1, issued: 0, inDoubt: 0, returned: 0 },
      { prizeNo: noPrize, issued: 5, inDoubt: 0, returned: 0 },
    ]);
    const issued = { campaignNo: campaign.no, prizeNo: noPrize, issued: 5 };
    expect(await lending.issuedIn(1)).toContainEqual(issued);
    expect((await books(harness(), campaign)).lent).toEqual(
      serialsOf({ first: block.first + 3, size: block.size - 3 }),
    );
    // Nothing but such ones.
    const ballots = await store.batch(campaign, pool, [1, 2, 3]);
    ballots.entries = ballots.entries.map((entry) => ({ ...entry, ...lost }));
    expect(await record(lending, 1, [batch, ballots])).toMatchObject({ recorded: 3, dead: 0 });
    expect(await lending.issuedIn(1)).toContainEqual({ ...issued, issued: 8 });
  });

  test("what was recorded is skipped, the rest of the run is not", async () => {
    const { store, campaign, pool, block, issued } = await lendOneBlock(harness());
    const { lending } = harness();
    const batches: Draft[] = [];
    for (let i = 0; i < 4; i++) batches.push(await store.batch(campaign, pool, [block.first + i]));
    await record(lending, 1, batches.slice(0, 2));
    expect(await record(lending, 1, batches.slice(0, 2))).toMatchObject({
      recorded: 0,
      dead: 0,
      highN: batches[1]!.n,
    });
    expect(await record(lending, 1, batches)).toMatchObject({ recorded: 2, dead: 0, highN: batches[3]!.n });
    expect(await issued()).toEqual([4, 0]);
    expect(await record(lending, 1, [])).toMatchObject({ recorded: 0, highN: batches[3]!.n });
  });

  test("two readers of one outbox at once record everything once", async () => {
    const { store, campaign, pool, block, coupons, issued } = await lendOneBlock(harness());
    const { lending, other } = harness();
    const batches: Draft[] = [];
    for (let i = 0; i < 40; i++)
      batches.push(await store.batch(campaign, pool, serialsOf({ first: block.first + i * 10, size: 10 })));
    const back = { number: block.number, first: block.first + 400, size: block.size - 400 };
    batches.push(await store.batch(campaign, pool, [], [back]));
    const runs: Promise<{ recorded: number; dead: number }>[] = [
      record(lending, 1, batches),
      record(other, 1, batches),
    ];
    for (let at = 0; at < 40; at += 4) {
      runs.push(record(lending, 1, batches.slice(0, at + 4)), record(other, 1, batches.slice(0, at + 2)));
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
    const { store, campaign, pool, block, issued } = await lendOneBlock(harness());
    await new StoreSide(harness()).arm(2);
    const there = await store.pool(campaign, 0, "", 2);
    const theirs = await store.block(there, 1_000);
    const work = async (of: PoolKey, serials: number[]) => {
      for (let at = 0; at < serials.length; at += 50) {
        await record(harness().lending, of.partitionNo, [
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

  test("a run that can't be recorded leaves no trace, and no transaction open", async () => {
    const { store, campaign, pool, block, coupons } = await lendOneBlock(harness());
    const { lending, queries } = harness();
    const before = await lending.partition(1);
    const good = await store.batch(campaign, pool, [block.first]);
    const bad = await store.batch(campaign, pool, [block.first + 1]);
    bad.entries[0]!.userId = "x".repeat(129);
    await expect(record(lending, 1, [good, bad])).rejects.toThrow("user_id");
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
    expect(await record(lending, 1, [good])).toMatchObject({ recorded: 1 });
  });

  test("a partition's entries of some campaigns are read by campaign and in order, and nothing else", async () => {
    const { store, campaign: mine } = await lendOneBlock(harness());
    const { ledger, lending } = harness();
    await new StoreSide(harness()).arm(2);
    const campaigns = [mine];
    for (let c = 0; c < 3; c++) campaigns.push(await create(ledger, { prizes: [prize("a", 100)] }));
    const [, others, later, elsewhere] = campaigns as [Campaign, Campaign, Campaign, Campaign];
    // In turns, as an outbox has them: neighbours in the table are not neighbours in time.
    const all: Entry[] = [];
    for (let round = 0; round < 3; round++) {
      for (const [of, partitionNo] of [
        [later, 1],
        [mine, 1],
        [others, 1],
        [mine, 2],
        [elsewhere, 2],
      ] as const) {
        const pool = await store.pool(of, 0, "", partitionNo);
        const batch = await store.batch(of, pool, serialsOf(await store.block(pool, 5)));
        await record(lending, partitionNo, [batch]);
        all.push(...batch.entries);
      }
    }
    const of = ({ no }: Campaign, partitionNo = 1) =>
      all.filter((entry) => entry.campaignNo === no && entry.partitionNo === partitionNo);
    expect(of(mine)).toHaveLength(15);
    expect(await lending.entries(1, [mine.no], undefined, 1_000)).toEqual(of(mine));
    expect(await lending.entries(2, [mine.no], undefined, 1_000)).toEqual(of(mine, 2));
    expect(await lending.entries(1, [elsewhere.no], undefined, 1_000)).toEqual([]);
    for (const size of [1, 4, 5, 15, 1_000]) {
      const paged: Entry[] = [];
      for (;;) {
        const page = await lending.entries(1, [later.no, elsewhere.no, mine.no], paged.at(-1), size);
        paged.push(...page);
        if (page.length < size) break;
      }
      expect(paged).toEqual([...of(mine), ...of(later)]);
    }
  });
}
