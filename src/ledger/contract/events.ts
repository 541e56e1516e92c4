import { expect, test } from "vitest";
import type { EventPosition, Health, NewEndpoint } from "../events.ts";
import { create, crowd, digest, fresh, type Harness, hash16, NOW_MS } from "./harness.ts";

const health: Health = {
  deliveredMs: undefined,
  failures: 0,
  failingMs: undefined,
  nextMs: undefined,
  problem: "",
  disabledMs: undefined,
};

export function tellsEvents(harness: Harness): void {
  const newEndpoint = (over: Partial<NewEndpoint> = {}): NewEndpoint => ({
    id: fresh("endpoint"),
    url: "https://shop.example/hook",
    types: ["allot.coupon.issued", "allot.round.closed"],
    campaignNo: undefined,
    userIds: true,
    wrappedSecret: digest("secret"),
    createMs: NOW_MS,
    ...over,
  });

  async function add(over: Partial<NewEndpoint> = {}) {
    const endpoint = newEndpoint(over);
    await harness().ledger.addEndpoint(endpoint);
    return find(endpoint.id);
  }

  const find = async (id: string) => (await harness().other.endpoints()).find((one) => one.id === id)!;

  let n = 0;
  let serials = 0;
  /** Coupons of a campaign in a partition, one batch. */
  async function record(campaign: Awaited<ReturnType<typeof create>>, count: number) {
    n++;
    const { first } = campaign.prizes[0]!.ranges[0]!;
    const entries = Array.from({ length: count }, (_, i) => ({
      ...{ campaignNo: campaign.no, partitionNo: 0, epoch: 1_000, n, i },
      ...{ prizeNo: 0, revision: 1, spaceNo: campaign.space.no, serial: first + serials++, timeMs: NOW_MS },
      ...{ number: 0, drawnNo: undefined, userId: `u${i}`, userHash: hash16(`u${i}`) },
      ...{ requestHash: undefined, requestFields: undefined, addressHash: undefined },
    }));
    await harness().record(entries);
    return entries;
  }

  test("facts of a campaign are numbered without gaps, however many tell at once", async () => {
    const { ledger, tell } = harness();
    const campaign = await create(ledger);
    const rounds = Array.from({ length: 24 }, (_, i) => i);
    await crowd(harness(), rounds.length, (_, i) =>
      tell([
        {
          ...{ campaignNo: campaign.no, type: "winners.drawn", timeMs: NOW_MS + i },
          data: { tickets: i, winners: 1 },
        },
        {
          ...{ campaignNo: campaign.no, type: "winners.drawn", timeMs: NOW_MS + i },
          data: { tickets: i, winners: 2 },
        },
      ]),
    );
    const told = await ledger.facts(campaign.no, 0, 1_000, 1_000);
    expect(told.map(({ seq }) => seq)).toEqual(Array.from({ length: 48 }, (_, i) => i + 1));
    // What one transaction tells stays together, and nothing is told twice.
    const pairs = rounds.map((i) => told.slice(2 * i, 2 * i + 2).map(({ data }) => data));
    expect(pairs.map((pair) => pair.map((data) => (data as { winners: number }).winners))).toEqual(
      rounds.map(() => [1, 2]),
    );
    expect(new Set(pairs.map(([data]) => (data as { tickets: number }).tickets)).size).toBe(24);
    expect(told[0]).toEqual({ campaignNo: campaign.no, seq: 1, ...pick(told[0]!) });
    expect(await ledger.facts(campaign.no, 3, 5, 1_000)).toEqual(told.slice(3, 5));
    expect(await ledger.facts(campaign.no, 3, 48, 4)).toEqual(told.slice(3, 7));
  });

  test("a fact of a transaction that fails was never told, and leaves no gap", async () => {
    const { ledger, tell } = harness();
    const campaign = await create(ledger);
    const fact = {
      campaignNo: campaign.no,
      type: "campaign.ended" as const,
      data: { by: "time" as const },
      timeMs: 1,
    };
    await tell([fact]);
    await expect(tell([fact], new Error("no"))).rejects.toThrow("no");
    await tell([fact]);
    expect((await ledger.facts(campaign.no, 0, 10, 10)).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("an endpoint starts where things are, and is what it was said to be", async () => {
    const { ledger, tell } = harness();
    const [busy, other] = [await create(ledger), await create(ledger)];
    const entries = await record(busy, 5);
    await tell([{ campaignNo: busy.no, type: "campaign.ended", data: { by: "manager" }, timeMs: 1 }]);
    await record(other, 1);
    const everything = await add();
    const { n, i } = entries.at(-1)!;
    const expected = {
      campaignNo: busy.no,
      entries: 5,
      places: new Map([[0, { epoch: 1_000, n, i }]]),
      seq: 1,
    };
    expect(await ledger.eventPositions(everything.no)).toContainEqual(expected);
    expect(await ledger.eventEnd(busy.no)).toEqual(expected);
    expect(await ledger.eventHeads()).toContainEqual({ campaignNo: busy.no, entries: 5, seq: 1 });
    const one = await add({ campaignNo: busy.no, userIds: false });
    expect(await ledger.eventPositions(one.no)).toEqual([expected]);
    expect(one).toEqual({
      ...newEndpoint({ id: one.id, campaignNo: busy.no, userIds: false }),
      ...health,
      ...{ no: one.no, previous: undefined, retryMs: 0 },
      wrappedSecret: Buffer.from(digest("secret")),
    });
  });

  test("entries are read up to a place, and no further", async () => {
    const { ledger } = harness();
    const campaign = await create(ledger);
    const first = await record(campaign, 4);
    const end = (await ledger.eventEnd(campaign.no)).places.get(0)!;
    await record(campaign, 3);
    const read = (
      after: EventPosition["places"] extends Map<number, infer P> ? P | undefined : never,
      limit = 9,
    ) => ledger.entriesUpTo(campaign.no, 0, after, end, limit);
    expect((await read(undefined)).map(({ n, i }) => [n, i])).toEqual(first.map(({ n, i }) => [n, i]));
    expect((await read(first[1])).map(({ i }) => i)).toEqual([2, 3]);
    expect((await read(first[1], 1)).map(({ i }) => i)).toEqual([2]);
    expect(await read(end)).toEqual([]);
    const { spaceNo } = first[0]!;
    const some = [first[2]!.serial, first[0]!.serial, 4_000_000];
    const found = await ledger.entriesOfSerials(spaceNo, some);
    expect(found.map(({ userId }) => userId).sort()).toEqual(["u0", "u2"]);
    expect(await ledger.entriesOfSerials(spaceNo, [])).toEqual([]);
  });

  test("one server at a time has an endpoint, and only that one notes how far it is", async () => {
    const { ledger, other } = harness();
    const campaign = await create(ledger);
    const { no, id } = await add();
    const taken = await crowd(harness(), 8, (one, i) => one.leaseEndpoint(no, `server-${i}`, 60_000));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const owner = `server-${taken.indexOf(true)}`;
    expect(await other.leaseEndpoint(no, owner, 60_000)).toBe(true);
    const position = {
      campaignNo: campaign.no,
      entries: 3,
      places: new Map([[2, { epoch: 1, n: 9, i: 0 }]]),
      seq: 4,
    };
    const failing = { ...health, failures: 2, failingMs: 5, nextMs: 7, problem: "it answered 500" };
    expect(await ledger.noteDelivery(no, "somebody else", [position], failing)).toBe(false);
    expect(await find(id)).toMatchObject(health);
    expect(await ledger.noteDelivery(no, owner, [position], failing)).toBe(true);
    expect(await ledger.noteDelivery(no, owner, [{ ...position, seq: 5 }], failing)).toBe(true);
    // Again the same: nothing to change is no failure.
    expect(await ledger.noteDelivery(no, owner, [{ ...position, seq: 5 }], failing)).toBe(true);
    expect(await find(id)).toMatchObject(failing);
    expect(await other.eventPositions(no)).toContainEqual({ ...position, seq: 5 });
    await ledger.noteDelivery(no, owner, [], { ...failing, problem: "🎁".repeat(300) });
    expect((await find(id)).problem).toMatch(/^(🎁)+…$/u);
    await ledger.releaseEndpoint(no, "somebody else");
    expect(await other.leaseEndpoint(no, "next", 60_000)).toBe(false);
    await ledger.releaseEndpoint(no, owner);
    expect(await other.leaseEndpoint(no, "next", 0)).toBe(true);
    // A lease of no time is over.
    expect(await other.leaseEndpoint(no, "last", 60_000)).toBe(true);
    expect(await ledger.noteDelivery(no, owner, [], health)).toBe(false);
  });

  test("endpoints are changed and removed", async () => {
    const { ledger, other } = harness();
    const { id, no } = await add();
    await ledger.leaseEndpoint(no, "me", 60_000);
    await ledger.noteDelivery(no, "me", [], { ...health, disabledMs: 5, nextMs: 9 });
    const next = { kind: "rotate" as const, wrappedSecret: digest("next"), previousUntilMs: 77 };
    expect(await ledger.changeEndpoint(id, next)).toBe(true);
    expect(await find(id)).toMatchObject({
      disabledMs: 5,
      wrappedSecret: Buffer.from(digest("next")),
      previous: { wrapped: Buffer.from(digest("secret")), untilMs: 77 },
    });
    expect(await other.changeEndpoint(id, { kind: "retry", nowMs: 99 })).toBe(true);
    expect(await find(id)).toMatchObject({ disabledMs: undefined, nextMs: undefined, retryMs: 99 });
    expect(await ledger.removeEndpoint(id)).toBe(true);
    expect([await find(id), await ledger.eventPositions(no)]).toEqual([undefined, []]);
    expect(await ledger.removeEndpoint(id)).toBe(false);
    expect(await ledger.changeEndpoint(id, next)).toBe(false);
    expect(await ledger.leaseEndpoint(no, "me", 1)).toBe(false);
    expect(await ledger.noteDelivery(no, "me", [], health)).toBe(false);
  });

  test("the end of a campaign is told once, by whomever and whenever it ended", async () => {
    const { ledger } = harness();
    const [byTime, byManager, goes] = [
      await create(ledger),
      await create(ledger),
      await create(ledger, { endMs: NOW_MS + 9e9 }),
    ];
    await ledger.changeCampaign(byManager.id, 1, { endedMs: NOW_MS + 5, nowMs: NOW_MS + 5 }, undefined);
    const laterMs = NOW_MS + 8e9;
    while ((await ledger.tellOverdue(laterMs)) > 0);
    await crowd(harness(), 4, (one) => one.tellOverdue(laterMs));
    const told = async ({ no }: { no: number }) =>
      (await ledger.facts(no, 0, 9, 9)).map(({ type, data, timeMs }) => [type, data, timeMs]);
    expect(await told(byTime)).toEqual([["campaign.ended", { by: "time" }, byTime.endMs]]);
    expect(await told(byManager)).toEqual([["campaign.ended", { by: "manager" }, NOW_MS + 5]]);
    expect(await told(goes)).toEqual([]);
  });

  test("facts that every endpoint has passed are pruned when they are old", async () => {
    const { ledger, tell } = harness();
    const campaign = await create(ledger);
    const endpoint = await add();
    const fact = (timeMs: number) => ({
      ...{ campaignNo: campaign.no, type: "campaign.ended" as const, data: { by: "time" as const } },
      timeMs,
    });
    await tell([fact(1), fact(2), fact(1_000)]);
    const left = async () => (await ledger.facts(campaign.no, 0, 9, 9)).map(({ seq }) => seq);
    await ledger.pruneEvents(500);
    expect(await left()).toEqual([1, 2, 3]);
    await ledger.leaseEndpoint(endpoint.no, "me", 60_000);
    // The other endpoints of this database, which have never seen the campaign, are in the way too.
    for (const { id } of await ledger.endpoints()) if (id !== endpoint.id) await ledger.removeEndpoint(id);
    const position = { campaignNo: campaign.no, entries: 0, places: new Map(), seq: 1 };
    await ledger.noteDelivery(endpoint.no, "me", [position], health);
    await ledger.pruneEvents(500);
    expect(await left()).toEqual([2, 3]);
    await ledger.noteDelivery(endpoint.no, "me", [{ ...position, seq: 3 }], health);
    await ledger.pruneEvents(500);
    expect(await left()).toEqual([3]);
    await tell([fact(5)]);
    expect((await ledger.facts(campaign.no, 0, 9, 9)).at(-1)!.seq).toBe(4);
  });
}

function pick<Told extends { type: unknown; data: unknown; timeMs: unknown }>({ type, data, timeMs }: Told) {
  return { type, data, timeMs };
}
