import { beforeAll, expect, test } from "vitest";
import type { Entry } from "../ledger.ts";
import { books, type LendingHarness, record, StoreSide, serialsOf } from "./lending-harness.ts";
import { lendOneBlock } from "./one-block.ts";

export function comparesConflicts(harness: () => LendingHarness): void {
  beforeAll(() => new StoreSide(harness()).arm(1));

  test("an entry in another's place goes to the dead letters, the others are recorded", async () => {
    const { store, campaign, pool, block, issued, deadLetters } = await lendOneBlock(harness());
    const { lending, queries } = harness();
    const first = await store.batch(campaign, pool, serialsOf({ first: block.first, size: 30 }));
    await record(lending, 1, [first]);
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
    expect(await record(lending, 1, [again, more])).toEqual({
      recorded: 1,
      dead: 1,
      highEpoch: pool.epoch,
      highN: more.n,
    });
    expect(await issued()).toEqual([31, 0]);
    expect(await harness().ledger.coupon(campaign.space.no, changed.serial!)).toEqual(changed);
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

  test("an erased user's entry is the one that was there, and the user is erased from dead letters too", async () => {
    const { store, campaign, pool, block, coupons, deadLetters } = await lendOneBlock(harness());
    const { lending, ledger, queries } = harness();
    const batch = await store.batch(campaign, pool, [block.first, block.first + 1]);
    await record(lending, 1, [batch]);
    const again = async (changed: Partial<Entry>) => {
      await queries
        .updateTable("partition_state")
        .set({ high_n: batch.n - 1 })
        .where("no", "=", 1)
        .execute();
      const entries = batch.entries.with(1, { ...batch.entries[1]!, ...changed });
      return record(lending, 1, [{ ...batch, entries }]);
    };
    const [erased, other] = batch.entries as [Entry, Entry];
    const { userId, userHash } = erased;
    expect(await again({ userId, userHash })).toMatchObject({ dead: 1 });
    await ledger.erase({ userHash, nowMs: 0 }, undefined);
    expect(await coupons()).toEqual([{ ...erased, userId: "" }, other]);
    const [letter] = await deadLetters();
    expect(JSON.parse(letter!.content)).toMatchObject({ userId: "", userHash: userHash.toString("hex") });
    expect(await again({})).toMatchObject({ recorded: 0, dead: 0 });
    expect(await coupons()).toEqual([{ ...erased, userId: "" }, other]);
  });

  test("a serial that is recorded already goes to the dead letters, and counts as spent", async () => {
    const { store, campaign, pool, block, coupons, issued, deadLetters } = await lendOneBlock(harness());
    const { lending } = harness();
    const [a, b] = [block.first, block.first + 5];
    const batches = [await store.batch(campaign, pool, [a]), await store.batch(campaign, pool, [a, b])];
    expect(await record(lending, 1, batches)).toMatchObject({ recorded: 2, dead: 1 });
    expect(await deadLetters()).toMatchObject([
      { n: batches[1]!.n, i: 0, problem: "its serial is recorded for another entry" },
    ]);
    expect((await coupons()).map(({ serial }) => serial)).toEqual([a, b]);
    expect(await issued()).toEqual([2, 0]);
    expect((await books(harness(), campaign)).lent[0]).toBe(b + 1);
  });

  test("an entry in the place of one of another campaign is told by its serial, and recorded where that is its own", async () => {
    const { store, campaign, pool, block, coupons, issued } = await lendOneBlock(harness());
    const theirs = await lendOneBlock(harness());
    const { lending, queries } = harness();
    const batch = await store.batch(campaign, pool, [block.first, block.first + 1]);
    await record(lending, 1, [batch]);
    const again = async (changed: Partial<Entry>) => {
      await queries
        .updateTable("partition_state")
        .set({ high_n: batch.n - 1 })
        .where("no", "=", 1)
        .execute();
      const entries = batch.entries.with(1, { ...batch.entries[1]!, ...changed });
      return record(lending, 1, [{ ...batch, entries }]);
    };
    const { no: campaignNo, space } = theirs.campaign;
    expect(await again({ campaignNo })).toMatchObject({ recorded: 0, dead: 1 });
    expect(await theirs.deadLetters()).toMatchObject([
      { n: batch.n, i: 1, problem: "its serial is recorded for another entry" },
    ]);
    const own = { campaignNo, spaceNo: space.no, serial: theirs.block.first };
    expect(await again(own)).toMatchObject({ recorded: 1, dead: 0 });
    expect(await coupons()).toEqual(batch.entries);
    expect(await theirs.coupons()).toEqual([{ ...batch.entries[1]!, ...own }]);
    expect([await issued(), await theirs.issued()]).toEqual([
      [2, 0],
      [1, 0],
    ]);
  });

  test("every column that differs is noticed", async () => {
    const { store, campaign, pool, block, coupons } = await lendOneBlock(harness());
    const { lending, queries } = harness();
    const original = await store.batch(campaign, pool, [block.first]);
    const entry: Entry = {
      ...original.entries[0]!,
      number: 1,
      drawnNo: 0,
      requestHash: Buffer.alloc(16, 1),
      requestFields: Buffer.alloc(8, 2),
      addressHash: Buffer.alloc(16, 3),
    };
    await record(lending, 1, [{ ...original, entries: [entry] }]);
    const variants: Partial<Entry>[] = [
      {},
      { prizeNo: 1 },
      { revision: 2 },
      { spaceNo: 999_999 },
      { serial: block.first + 9 },
      { serial: undefined },
      { number: 2 },
      { drawnNo: undefined },
      { drawnNo: 1 },
      { timeMs: 5 },
      { userId: "x" },
      { userHash: Buffer.alloc(16) },
      { requestHash: undefined, requestFields: undefined },
      { requestHash: Buffer.alloc(16, 2) },
      { requestFields: Buffer.alloc(8, 1) },
      { addressHash: undefined },
      { addressHash: Buffer.alloc(16, 1) },
    ];
    for (const variant of variants) {
      await queries
        .updateTable("partition_state")
        .set({ high_n: original.n - 1 })
        .where("no", "=", 1)
        .execute();
      const { recorded, dead } = await record(lending, 1, [
        {
          ...original,
          timeMs: variant.timeMs ?? original.timeMs,
          entries: [{ ...entry, ...variant }],
        },
      ]);
      expect({ recorded, dead, variant }).toEqual({
        recorded: 0,
        dead: Object.keys(variant).length === 0 ? 0 : 1,
        variant,
      });
    }
    expect(await coupons()).toEqual([entry]);
  });
}
