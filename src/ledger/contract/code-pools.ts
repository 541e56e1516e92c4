import { expect, test } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import { NO_CODES } from "../../codes/format.ts";
import type { Ledger } from "../ledger.ts";
import { takeFree } from "../sql/free-ranges.ts";
import {
  create,
  crowd,
  draft,
  fresh,
  freshFormat,
  type Harness,
  hash16,
  mutation,
  NOW_MS,
  prize,
  tally,
} from "./harness.ts";

const pool = (imported: boolean) => ({
  mechanic: { kind: "code-pool" as const, imported },
  prizes: [prize("p1", 0)],
  ...(imported && { format: NO_CODES }),
});

const later = NOW_MS + 60_000;
const text = (i: number, of = "code") => `${of}-${i}`;

/** What both databases do about code pools; deleting what is lent is lending's. */
export function keepsCodePools(harness: Harness): void {
  const made = (of: Ledger = harness().ledger) => create(of, pool(false));
  const imported = (of: Ledger = harness().ledger) => create(of, pool(true));

  async function generate(campaign: Campaign, count: number, nowMs = NOW_MS) {
    const { ledger } = harness();
    const begun = await ledger.beginCodes(campaign.id, count, nowMs, mutation("GenerateCodes"));
    if (begun.kind !== "begun") throw new Error(begun.kind);
    await ledger.makeCodes(begun.batch, count, nowMs);
    return begun.batch;
  }

  async function stage(
    campaign: Campaign,
    uploadId: string,
    chunk: number,
    codes: string[],
    of = harness().ledger,
  ) {
    return of.stageCodes({ campaignNo: campaign.no, uploadId, chunk, codes, closed: false, nowMs: NOW_MS });
  }

  const finish = (campaign: Campaign, uploadId: string, chunks: number, of = harness().ledger) =>
    of.importCodes({ campaignNo: campaign.no, uploadId, chunks, nowMs: later });

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
    const campaign = await create(ledger, { ...pool(false), format: small, allowGuessable: true });
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

  test("an upload is imported whole, in the order of its parts, once", async () => {
    const { ledger, other } = harness();
    const campaign = await imported();
    const name = fresh("whole");
    await stage(campaign, "u", 1, [text(2, name), text(3, name)]);
    expect(await stage(campaign, "u", 0, [text(0, name), text(1, name)], other)).toEqual({
      kind: "staged",
      chunks: 2,
    });
    expect(await finish(campaign, "u", 3)).toEqual({ kind: "missing", chunk: 2 });
    expect(await finish(campaign, "u", 1)).toEqual({ kind: "beyond", chunk: 1 });
    expect(await ledger.importedCode(text(0, name))).toBeUndefined();
    const done = await crowd(harness(), 4, (of) => finish(campaign, "u", 2, of));
    expect(tally(done)).toEqual({ imported: 4 });
    expect(await quotaOf(campaign)).toBe(4);
    expect((await ledger.campaign(campaign.id))!.revision).toBe(2);
    expect(await stage(campaign, "u", 0, [text(0, name), text(1, name)])).toEqual({
      kind: "imported",
      chunks: 2,
    });
    expect(await stage(campaign, "u", 0, [text(9, name)])).toEqual({ kind: "reused" });

    const key = (await ledger.importedCode(text(3, name)))!;
    expect(await ledger.poolOf(key)).toBe(campaign.no);
    expect((await other.importedCodes(key.serial, 1)).get(key.serial)).toBe(text(3, name));
    expect(await ledger.importedCode(text(3, name).toUpperCase())).toBeUndefined();
  });

  test("parts are replaced, and codes compared as they are", async () => {
    const campaign = await imported();
    const name = fresh("replaced");
    await stage(campaign, "u", 0, [
      `${name} x`,
      `${name} X`,
      `${name} x `,
      `${name}-가`,
      `${name}-🎁`,
      `${name}-🎟`,
    ]);
    await stage(campaign, "u", 1, [`${name} x`]);
    expect(await finish(campaign, "u", 2)).toMatchObject({ duplicates: [{ line: 7, firstLine: 1 }] });
    expect(await quotaOf(campaign)).toBe(0);
    await stage(campaign, "u", 0, [`${name} y`]);
    expect(await finish(campaign, "u", 2)).toMatchObject({ kind: "imported", imported: 2 });
  });

  test("of duplicates a hundred are named, by line, wherever the other one is", async () => {
    const { ledger } = harness();
    const campaign = await imported();
    const name = fresh("many");
    const codes = Array.from({ length: 300 }, (_, i) => text(i, name));
    const first = await imported();
    await stage(first, "u", 0, codes.slice(250));
    await finish(first, "u", 1);
    for (const [chunk, part] of [codes, codes].entries()) await stage(campaign, "u", chunk, part);
    const answer = await finish(campaign, "u", 2);
    if (answer.kind !== "duplicates") throw new Error(answer.kind);
    const { duplicates } = answer;
    expect(duplicates).toHaveLength(100);
    expect(duplicates[0]).toEqual({ line: 251, code: codes[250], firstLine: 0 });
    expect(duplicates[50]).toEqual({ line: 301, code: codes[0], firstLine: 1 });
    expect((await ledger.poolCodes(campaign.no, [], undefined, 10)).codes).toEqual([]);
  });

  test("an upload that was checked before another was imported is checked against it", async () => {
    const name = fresh("race");
    const [one, two] = [await imported(), await imported()];
    await stage(one, "u", 0, [name]);
    await stage(two, "u", 0, [name]);
    expect((await finish(one, "u", 1)).kind).toBe("imported");
    expect(await finish(two, "u", 1)).toEqual({
      kind: "duplicates",
      duplicates: [{ line: 1, code: name, firstLine: 0 }],
    });
  });

  test("of uploads with a code in common that are finished at once, one is imported", async () => {
    const { ledger, other } = harness();
    for (let round = 0; round < 10; round++) {
      const name = fresh("both");
      const pools = [await imported(), await imported()];
      const outcomes = await Promise.all(
        pools.map(async (campaign, i) => {
          const of = i === 0 ? ledger : other;
          await stage(campaign, "u", 0, [name], of);
          return finish(campaign, "u", 1, of);
        }),
      );
      expect(tally(outcomes)).toEqual({ imported: 1, duplicates: 1 });
    }
  });

  test("a format and a code that it could produce keep each other out, made at once too", async () => {
    const { ledger, other } = harness();
    for (let round = 0; round < 10; round++) {
      const format = freshFormat();
      const code = `${format.prefix}${"A".repeat(format.length)}`;
      const campaign = await imported();
      const [created, imports] = await Promise.all([
        other.createCampaign(draft({ format }), undefined),
        stage(campaign, "u", 0, [code]).then(() => finish(campaign, "u", 1)),
      ]);
      expect([created.kind, imports.kind]).toEqual(
        created.kind === "created" ? ["created", "duplicates"] : ["code-imported", "imported"],
      );
      // Of another length, or with a symbol that the alphabet lacks, nothing is in the way.
      const near = await imported();
      await stage(near, "u", 0, [`${code}A`, `${code.slice(0, -1)}G`]);
      expect((await finish(near, "u", 1)).kind).toBe("imported");
      expect(
        (await ledger.createCampaign(draft({ format: { ...format, prefix: fresh("Z") } }), undefined)).kind,
      ).toBe("created");
    }
  });

  test("uploads that nobody adds to are dropped, part by part", async () => {
    const { ledger } = harness();
    const { no: campaignNo } = await imported();
    const name = fresh("stale");
    const old = (chunk: number) =>
      ledger.stageCodes({
        campaignNo,
        uploadId: "u",
        chunk,
        codes: [text(chunk, name)],
        closed: false,
        nowMs: 1_000,
      });
    for (let chunk = 0; chunk < 3; chunk++) await old(chunk);
    await ledger.dropUploads(1_000, 10);
    expect(await old(3)).toMatchObject({ chunks: 4 });
    await ledger.dropUploads(1_001, 2);
    expect(await old(4)).toMatchObject({ chunks: 3 });
    for (let i = 0; i < 3; i++) await ledger.dropUploads(1_001, 2);
    expect(await old(0)).toMatchObject({ chunks: 1 });
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
