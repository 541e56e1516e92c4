import { expect, test } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import type { Ledger } from "../ledger.ts";
import { takeFree } from "../sql/free-ranges.ts";
import {
  create,
  crowd,
  fresh,
  freshFormat,
  type Harness,
  hash16,
  mutation,
  NOW_MS,
  prize,
  tally,
} from "./harness.ts";

const pool = { mechanic: { kind: "code-pool" as const, imported: false }, prizes: [prize("p1", 0)] };

const later = NOW_MS + 60_000;

/** Codes that are made, listed and deleted; deleting what is lent is lending's. */
export function keepsCodePools(harness: Harness): void {
  const made = (of: Ledger = harness().ledger) => create(of, pool);

  async function generate(campaign: Campaign, count: number, nowMs = NOW_MS) {
    const { ledger } = harness();
    const begun = await ledger.beginCodes(campaign.id, count, nowMs, mutation("GenerateCodes"));
    if (begun.kind !== "begun") throw new Error(begun.kind);
    await ledger.makeCodes(begun.batch, count, nowMs);
    return begun.batch;
  }

  const quotaOf = async ({ id }: Campaign) => (await harness().ledger.campaign(id))!.prizes[0]!.quota;

  test("codes are made in steps of a batch that is reserved whole, each a revision", async () => {
    const { ledger, other } = harness();
    const campaign = await made();
    const record = mutation("GenerateCodes");
    const begun = await ledger.beginCodes(campaign.id, 25, NOW_MS, record);
    if (begun.kind !== "begun") throw new Error(begun.kind);
    expect(await other.beginCodes(campaign.id, 25, NOW_MS, record)).toEqual({ kind: "repeated" });
    expect(await quotaOf(campaign)).toBe(0);
    const steps = [];
    for (const of of [ledger, other, ledger, other]) steps.push(await of.makeCodes(begun.batch, 10, later));
    expect(steps.map(({ made, size }) => [made, size])).toEqual([
      [10, 25],
      [20, 25],
      [25, 25],
      [25, 25],
    ]);
    expect(steps.map((step) => step.campaign.revision)).toEqual([2, 3, 4, 4]);
    const after = steps.at(-1)!.campaign;
    expect(after).toEqual(await other.campaign(campaign.id));
    expect(after.prizes[0]).toMatchObject({ quota: 25, ranges: [{ first: begun.batch.first, size: 25 }] });
  });

  test("many at once make as many as the batch has, and no more", async () => {
    const campaign = await made();
    const begun = await harness().ledger.beginCodes(campaign.id, 50, NOW_MS, mutation("GenerateCodes"));
    if (begun.kind !== "begun") throw new Error(begun.kind);
    await crowd(harness(), 12, (ledger) => ledger.makeCodes(begun.batch, 7, NOW_MS));
    expect(await quotaOf(campaign)).toBe(50);
    expect((await harness().ledger.poolCodes(campaign.no, [], undefined, 100)).codes).toHaveLength(50);
  });

  test("where there is no room, none is made and nothing recorded", async () => {
    const { ledger } = harness();
    const small = { ...freshFormat({ alphabet: "0123456789", length: 3 }) };
    const campaign = await create(ledger, { ...pool, format: small, allowGuessable: true });
    const record = mutation("GenerateCodes");
    expect(await ledger.beginCodes(campaign.id, 1_001, NOW_MS, record)).toEqual({
      kind: "no-room",
      room: 1_000,
    });
    expect(await ledger.mutation(record.method, record.requestId)).toBeUndefined();
    expect(await ledger.beginCodes(fresh("nobody"), 1, NOW_MS, record)).toEqual({ kind: "not-found" });
    expect(await ledger.beginCodes(campaign.id, 1_000, NOW_MS, record)).toMatchObject({ kind: "begun" });
    const wide = await made();
    expect(await ledger.beginCodes(wide.id, 2 ** 32, NOW_MS, mutation())).toMatchObject({ kind: "too-many" });
  });

  test("a pool's quota is its codes', whatever a change of its prizes says", async () => {
    const { ledger } = harness();
    const campaign = await made();
    await generate(campaign, 5);
    const renamed = { ...prize("p1", 99), name: "Renamed" };
    const changed = await ledger.changeCampaign(
      campaign.id,
      2,
      { prizes: [renamed], nowMs: later },
      undefined,
    );
    expect(changed).toMatchObject({ campaign: { prizes: [{ name: "Renamed", quota: 5 }] } });
  });

  test("many small additions are one range, and listed all the same", async () => {
    const { ledger } = harness();
    const campaign = await made();
    for (let i = 0; i < 20; i++) await generate(campaign, 2, NOW_MS + i);
    expect((await ledger.campaign(campaign.id))!.prizes[0]!.ranges).toHaveLength(1);
    const listed: number[] = [];
    let next: number | undefined;
    do {
      const page = await ledger.poolCodes(campaign.no, [], next, 3);
      listed.push(...page.codes.map(({ createMs }) => createMs - NOW_MS));
      next = page.next;
    } while (next !== undefined);
    expect(listed).toEqual(Array.from({ length: 40 }, (_, i) => Math.floor(i / 2)));
  });

  test("codes are found by their serials, with when they were made", async () => {
    const { ledger, other } = harness();
    const campaign = await made();
    const spaceNo = campaign.space.no;
    const first = await generate(campaign, 3, NOW_MS);
    const second = await generate(campaign, 2, later);
    const { codes, next } = await other.poolCodes(campaign.no, [], undefined, 10);
    expect(next).toBeUndefined();
    expect(codes.map(({ serial, createMs, state }) => [serial, createMs, state])).toEqual([
      ...[0, 1, 2].map((i) => [first.first + i, NOW_MS, "free"]),
      ...[0, 1].map((i) => [second.first + i, later, "free"]),
    ]);
    expect(await ledger.poolOf({ spaceNo, serial: first.first + 2 })).toBe(campaign.no);
    expect(await ledger.poolOf({ spaceNo, serial: second.first + 2 })).toBeUndefined();
    const page = await ledger.poolCodes(campaign.no, ["free"], first.first + 1, 2);
    expect(page.codes.map(({ serial }) => serial)).toEqual([first.first + 2, second.first]);
    expect(page.next).toBe(second.first);
    expect(await ledger.poolCodesBySerial(campaign.no, [second.first, 10 ** 9])).toHaveLength(1);
  });

  test("a free code is deleted once, and what was assigned is not", async () => {
    const { ledger, other } = harness();
    const campaign = await made();
    const { first, spaceNo } = await generate(campaign, 4);
    const assigned = { spaceNo, serial: first };
    const free = { spaceNo, serial: first + 2 };
    await assign(harness(), campaign, first);
    const refused = mutation("DeleteCode");
    expect((await ledger.deleteCode({ spaceNo, serial: first + 4 }, NOW_MS, refused)).kind).toBe("not-found");
    expect(await ledger.mutation(refused.method, refused.requestId)).toBeUndefined();
    const once = mutation("DeleteCode");
    const outcomes = await Promise.all([
      ledger.deleteCode(free, later, once),
      other.deleteCode(free, later, once),
    ]);
    expect(tally(outcomes)).toEqual({ deleted: 1, repeated: 1 });
    expect(await ledger.deleteCode(free, later + 1, undefined)).toEqual({ kind: "deleted" });
    expect(await quotaOf(campaign)).toBe(3);
    const listed = async (states: Parameters<Ledger["poolCodes"]>[1]) =>
      (await ledger.poolCodes(campaign.no, states, undefined, 10)).codes.map(({ serial }) => serial - first);
    expect(await listed(["deleted"])).toEqual([2]);
    expect(await listed(["assigned"])).toEqual([0]);
    expect(await listed(["free"])).toEqual([1, 3]);
    expect(await listed([])).toEqual([0, 1, 2, 3]);
    expect(await ledger.poolCodesBySerial(campaign.no, [free.serial])).toMatchObject([{ deleteMs: later }]);
    expect((await ledger.deleteCode(assigned, later, mutation("DeleteCode"))).kind).toBe("assigned");
  });
}

/** As a store that gave it out would have it recorded. */
async function assign(
  { record, queries }: ReturnType<Harness>,
  campaign: Campaign,
  serial: number,
): Promise<void> {
  const { no: campaignNo, space, revision } = campaign;
  const userId = fresh("user");
  await record([
    {
      ...{ partitionNo: 0, epoch: 20 + campaignNo, n: 1, i: 0, campaignNo, prizeNo: 0, revision },
      ...{ spaceNo: space.no, serial, number: 0, drawnNo: undefined, timeMs: NOW_MS },
      ...{ userId, userHash: hash16(userId), requestHash: undefined, requestFields: undefined },
      addressHash: undefined,
    },
  ]);
  await queries.transaction().execute((tx) => takeFree(tx, { campaignNo, prizeNo: 0 }, serial));
}
