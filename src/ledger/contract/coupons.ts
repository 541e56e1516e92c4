import { beforeAll, expect, test } from "vitest";
import { type Campaign, noPrize, ticketsNo } from "../../campaign/campaign.ts";
import type { CouponRow, Entry, EntryKey } from "../ledger.ts";
import { create, fresh, type Harness, hash16, NOW_MS, prize } from "./harness.ts";

const key = ({ partitionNo, epoch, n, i }: EntryKey) => `${partitionNo}-${epoch}-${n}-${i}`;

export function findsCoupons(harness: Harness): void {
  let campaign: Campaign;
  let entries: CouponRow[];
  const alice = { userId: fresh("alice"), userHash: hash16(fresh("alice")) };

  /** Epochs, numbers and indexes that sort differently as text, spread over two prizes. */
  beforeAll(async () => {
    campaign = await create(harness().ledger, { prizes: [prize("a", 500), prize("b", 500)] });
    const [a, b] = campaign.prizes.map(({ ranges }) => ranges[0]!.first) as [number, number];
    entries = [];
    for (const [epoch, n, size] of [
      [9, 2, 3],
      [9, 10, 2],
      [10, 1, 12],
      [10, 3, 1],
      [11, 2 ** 40, 4],
    ] as const) {
      for (let i = 0; i < size; i++) {
        const at = entries.length;
        const prizeNo = at % 3 === 0 ? 1 : 0;
        entries.push({
          partitionNo: 0,
          epoch,
          n,
          i: i === size - 1 ? 999 : i,
          campaignNo: campaign.no,
          prizeNo,
          revision: 1,
          spaceNo: campaign.space.no,
          serial: (prizeNo === 1 ? b : a) + at,
          number: at % 3,
          drawnNo: at % 7 === 0 ? undefined : prizeNo,
          timeMs: NOW_MS + epoch,
          ...(at % 4 === 1 ? alice : { userId: fresh("user"), userHash: hash16(fresh("user")) }),
          requestHash: at % 2 === 0 ? undefined : hash16(`${campaign.no} ${at}`),
          requestFields: at % 2 === 0 ? undefined : hash16("fields").subarray(0, 8),
          addressHash: at % 5 === 0 ? hash16("address") : undefined,
        });
      }
    }
    await harness().record(entries);
  });

  test("a coupon reads back as it was handed out, by its serial", async () => {
    const { ledger, other } = harness();
    for (const entry of entries) expect(await other.coupon(entry.spaceNo, entry.serial)).toEqual(entry);
    expect(await ledger.coupon(campaign.space.no, 999_999)).toBeUndefined();
    expect(await ledger.coupon(campaign.space.no + 1_000, entries[0]!.serial)).toBeUndefined();
  });

  test("hashes that end in zeros, ids that end in spaces or differ only in case stay apart", async () => {
    const { ledger, record } = harness();
    const { no, space, prizes } = await create(ledger);
    const zeros = (...bytes: number[]) =>
      Buffer.concat([Buffer.from(bytes), Buffer.alloc(16 - bytes.length)]);
    const users = [
      "u1",
      "u1 ",
      "U1",
      "u\u0000",
      "'\\\u001a\n\r;--",
      "é",
      "e\u0301",
      "🎁",
      "🎂",
      "x".repeat(128),
      "日".repeat(42),
    ];
    const all = users.map(
      (userId, i): CouponRow => ({
        ...entries[0]!,
        n: 2 ** 41,
        i,
        epoch: 12,
        campaignNo: no,
        prizeNo: 0,
        spaceNo: space.no,
        serial: prizes[0]!.ranges[0]!.first + i,
        userId,
        userHash: zeros(i, 0x20, 0),
        requestHash: zeros(0x27, i),
        requestFields: zeros(0x5c, i).subarray(0, 8),
      }),
    );
    await record(all);
    expect(await ledger.coupons({ campaignNo: no }, undefined, 100)).toEqual(all);
    for (const entry of all)
      expect(await ledger.coupons({ campaignNo: no, userHash: entry.userHash }, undefined, 9)).toEqual([
        entry,
      ]);
  });

  test.each([1, 3, 5, 100])("lists page in the order of recording, %i at a time", async (size) => {
    const { ledger } = harness();
    for (const filter of [
      { campaignNo: campaign.no },
      { campaignNo: campaign.no, userHash: alice.userHash },
      { userHash: alice.userHash },
    ]) {
      const wanted = filter.userHash ? entries.filter(({ userId }) => userId === alice.userId) : entries;
      const seen: Entry[] = [];
      for (;;) {
        const page = await ledger.coupons(filter, seen.at(-1), size);
        expect(page.length).toBeLessThanOrEqual(size);
        seen.push(...page);
        if (page.length < size) break;
      }
      expect(seen.map(key)).toEqual(wanted.map(key));
      expect(seen).toEqual(wanted);
    }
  });

  test("a user's coupons in other campaigns are found by user alone", async () => {
    const { ledger, record } = harness();
    const { no, space, prizes } = await create(ledger);
    const entry = {
      ...entries[1]!,
      epoch: 13,
      campaignNo: no,
      prizeNo: 0,
      spaceNo: space.no,
      serial: prizes[0]!.ranges[0]!.first,
    };
    await record([entry]);
    const { userHash } = alice;
    expect((await ledger.coupons({ userHash }, undefined, 100)).at(-1)).toEqual(entry);
    expect(await ledger.coupons({ campaignNo: no, userHash }, undefined, 100)).toEqual([entry]);
    expect(await ledger.couponOf(no, { userHash })).toEqual(entry);
  });

  test("a repeat finds its request's coupon, or the user's latest", async () => {
    const { ledger } = harness();
    const [first, last] = [
      entries.find(({ userId }) => userId === alice.userId)!,
      entries.findLast(({ userId }) => userId === alice.userId)!,
    ];
    const { userHash } = alice;
    expect(await ledger.couponOf(campaign.no, { userHash })).toEqual(last);
    expect(await ledger.couponOf(campaign.no, { userHash, requestHash: first.requestHash! })).toEqual(first);
    expect(
      await ledger.couponOf(campaign.no, { userHash, requestHash: hash16("another request") }),
    ).toBeUndefined();
    expect(await ledger.couponOf(campaign.no + 1_000, { userHash })).toBeUndefined();
    expect(await ledger.couponOf(campaign.no, {})).toBeUndefined();
  });

  test("a request that named no user is found by its hash", async () => {
    const { ledger, record } = harness();
    const { no, space, prizes } = await create(ledger);
    const requestHash = hash16(fresh("request"));
    const entry = {
      ...entries[1]!,
      epoch: 14,
      campaignNo: no,
      prizeNo: 0,
      spaceNo: space.no,
      serial: prizes[0]!.ranges[0]!.first,
    };
    const anonymous = { ...entry, userId: "", userHash: requestHash, requestHash };
    await record([anonymous]);
    expect(await ledger.couponOf(no, { requestHash })).toEqual(anonymous);
  });

  test("lists of coupons leave out what won nothing, and tickets; a repeat finds them, and a ticket has a serial", async () => {
    const { ledger, record } = harness();
    const { no, space, prizes } = await create(ledger, { prizes: [prize("a", 10)] });
    const { first } = prizes[0]!.ranges[0]!;
    const bob = { userId: fresh("bob"), userHash: hash16(fresh("bob")) };
    const lost = { prizeNo: noPrize, serial: undefined };
    const ofBob = [
      { ...lost, number: 1, drawnNo: 0 },
      { prizeNo: 0, serial: first, number: 2, drawnNo: 0 },
      { prizeNo: ticketsNo, serial: first + 1, number: 0, drawnNo: undefined },
      { ...lost, number: 3, drawnNo: undefined },
    ].map((what, i): Entry => {
      const where = { ...entries[1]!, epoch: 15, n: 7, i, campaignNo: no, spaceNo: space.no };
      return { ...where, ...bob, ...what, requestHash: hash16(`${no} bob ${i}`) };
    });
    await record(ofBob);
    const [, coupon, ticket, last] = ofBob;
    for (const filter of [{ campaignNo: no }, { campaignNo: no, ...bob }, { userHash: bob.userHash }])
      expect(await ledger.coupons(filter, undefined, 2)).toEqual([coupon]);
    expect(await ledger.coupon(space.no, ticket!.serial!)).toEqual(ticket);
    expect(await ledger.couponOf(no, { userHash: bob.userHash })).toEqual(last);
    for (const entry of ofBob) {
      const { userHash, requestHash } = entry;
      expect(await ledger.couponOf(no, { userHash, requestHash: requestHash! })).toEqual(entry);
    }
    expect(await ledger.counts(no)).toEqual([
      { prizeNo: 0, issued: 1, returned: 0, inDoubt: 0 },
      { prizeNo: noPrize, issued: 2, returned: 0, inDoubt: 0 },
    ]);
  });

  test("counts are by prize, in their order", async () => {
    const { ledger } = harness();
    const inB = entries.filter(({ prizeNo }) => prizeNo === 1).length;
    expect(await ledger.counts(campaign.no)).toEqual([
      { prizeNo: 0, issued: entries.length - inB, returned: 0, inDoubt: 0 },
      { prizeNo: 1, issued: inB, returned: 0, inDoubt: 0 },
    ]);
    const untouched = await create(ledger, { prizes: [prize("a", 1)] });
    expect(await ledger.counts(untouched.no)).toEqual([{ prizeNo: 0, issued: 0, returned: 0, inDoubt: 0 }]);
  });
}
