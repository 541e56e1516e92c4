import { expect, test } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import { NO_CODES } from "../../codes/format.ts";
import { create, crowd, draft, fresh, freshFormat, type Harness, NOW_MS, prize, tally } from "./harness.ts";

const later = NOW_MS + 60_000;
const text = (i: number, of: string) => `${of}-${i}`;

/** Codes that are brought along: part by part, and then all of them or none. */
export function importsCodes(harness: Harness): void {
  const imported = () =>
    create(harness().ledger, {
      mechanic: { kind: "code-pool", imported: true },
      prizes: [prize("p1", 0)],
      format: NO_CODES,
    });

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
}
