import { expect, test } from "vitest";
import { prizeOf } from "../../campaign/campaign.ts";
import {
  create,
  crowd,
  digest,
  draft,
  fresh,
  freshFormat,
  type Harness,
  mutation,
  NOW_MS,
  prize,
  tally,
} from "./harness.ts";

const hangul = String.fromCodePoint(...Array.from({ length: 11_172 }, (_, i) => 0xac00 + i));

export function createsCampaigns(harness: Harness): void {
  test("a campaign reads back as it was created, by id, by number and in the list", async () => {
    const { ledger, other } = harness();
    const wanted = draft({
      name: "🎁".repeat(200),
      timeZone: "America/Argentina/ComodRivadavia",
      prizes: [
        {
          ...prize("grand", 3, 1),
          name: "“Grand” \\ '; --",
          oddsPpm: 0,
          attributes: { "ключ\0": "値\n🎟️", "": '{"a":1}' },
        },
        prize("small", undefined, 5),
        prize("any", undefined),
      ],
      limits: { perUser: 4_294_967_295, perUserPerDay: 2, perAddress: 3 },
      format: { alphabet: hangul, length: 10, prefix: fresh("가🎁") },
      partitions: 16,
      wrappedKey: Uint8Array.of(0, 255, 128, 39, 92, 10),
    });
    const created = await ledger.createCampaign(wanted, undefined);
    if (created.kind !== "created") throw new Error(created.kind);
    const { campaign } = created;
    const { format, wrappedKey, prizes, nowMs, ...same } = wanted;
    expect(campaign).toMatchObject({ ...same, revision: 1, paused: false, retired: false });
    expect(campaign).toMatchObject({ createMs: nowMs, updateMs: nowMs, endedMs: undefined });
    expect(campaign.space).toMatchObject(format);
    expect([...campaign.space.wrappedKey]).toEqual([...wrappedKey]);
    expect(campaign.prizes.map(({ no: _, ranges: __, ...rest }) => rest)).toEqual(prizes);
    expect(campaign.prizes.map(({ no }) => no)).toEqual([0, 1, 2]);

    expect(await other.campaign(campaign.id)).toEqual(campaign);
    expect(await other.campaignByNo(campaign.no)).toEqual(campaign);
    expect((await other.campaigns({ states: [], nowMs }, undefined, 1))[0]).toEqual(campaign);
    expect((await other.codeSpaces()).find(({ no }) => no === campaign.space.no)).toEqual(campaign.space);
    expect(await ledger.campaign(fresh("nobody"))).toBeUndefined();
    expect(await ledger.campaignByNo(1_000_000)).toBeUndefined();
  });

  test("campaigns of one format share its space and key, and no serial", async () => {
    const { ledger } = harness();
    const format = freshFormat();
    const first = await create(ledger, { format, prizes: [prize("a", 10), prize("b", 5)] });
    const second = await create(ledger, {
      format,
      prizes: [prize("c", 7)],
      wrappedKey: digest("another key"),
    });
    expect(second.space).toEqual(first.space);
    const serials = [first, second].flatMap(({ prizes }) =>
      prizes.flatMap(({ ranges }) =>
        ranges.flatMap(({ first: from, size }) => Array.from({ length: size }, (_, i) => from + i)),
      ),
    );
    expect(serials).toHaveLength(22);
    expect(new Set(serials).size).toBe(22);
    expect(serials.slice(0, 15).map((serial) => prizeOf(first, serial)?.id)).toEqual([
      ...Array(10).fill("a"),
      ...Array(5).fill("b"),
    ]);
    expect(prizeOf(second, serials[0]!)).toBeUndefined();
  });

  test("an unlimited prize starts with serials of its own, and leaves most of a small space to others", async () => {
    const { ledger } = harness();
    const big = await create(ledger, { prizes: [prize("any", undefined)] });
    expect(big.prizes[0]!.ranges).toEqual([{ first: 0, size: 2 ** 20 }]);
    const format = freshFormat({ alphabet: "0123456789", length: 6 });
    const small = await create(ledger, {
      format,
      allowGuessable: true,
      prizes: [prize("any", undefined), prize("few", 9)],
    });
    expect(small.prizes.map(({ ranges }) => ranges[0]!.size)).toEqual([62_499, 9]);
  });

  test("an id is taken once, and nothing is left of the campaign that wanted it", async () => {
    const { ledger } = harness();
    const { id } = await create(ledger);
    const late = { ...draft({ id }), name: "late" };
    const attempted = mutation();
    expect(await ledger.createCampaign(late, attempted)).toEqual({ kind: "id-taken" });
    expect((await ledger.campaign(id))!.name).toBe("Autumn");
    expect(await ledger.mutation(attempted.method, attempted.requestId)).toBeUndefined();
    expect((await ledger.codeSpaces()).filter(({ prefix }) => prefix === late.format.prefix)).toEqual([]);
  });

  test("of many who want one id at once, one gets it", async () => {
    const id = fresh("wanted");
    const outcomes = await crowd(harness(), 10, (ledger) => ledger.createCampaign(draft({ id }), undefined));
    expect(tally(outcomes)).toEqual({ created: 1, "id-taken": 9 });
  });

  test("one mutation creates one campaign, however often and wherever it arrives", async () => {
    const { ledger } = harness();
    const once = mutation();
    const outcomes = await crowd(harness(), 10, (one) => one.createCampaign(draft(), once));
    expect(tally(outcomes)).toEqual({ created: 1, repeated: 9 });
    const created = outcomes.find((outcome) => outcome.kind === "created")!;
    expect(await ledger.mutation(once.method, once.requestId)).toEqual({
      digest: Buffer.from(once.digest),
      subject: String(created.campaign.no),
      answer: undefined,
    });
    // The same words for another method, or in capitals, are another mutation.
    expect(await ledger.mutation("UpdateCampaign", once.requestId)).toBeUndefined();
    expect(await ledger.mutation(once.method, once.requestId.toUpperCase())).toBeUndefined();
  });

  test("a mutation repeated with its id is told so, not that the id is taken", async () => {
    const { ledger } = harness();
    const once = mutation();
    const wanted = draft();
    expect((await ledger.createCampaign(wanted, once)).kind).toBe("created");
    expect(await ledger.createCampaign(wanted, once)).toEqual({ kind: "repeated" });
  });

  test("many campaigns of a new format at once make one space and share its serials out", async () => {
    const format = freshFormat();
    const outcomes = await crowd(harness(), 10, (ledger) =>
      ledger.createCampaign(draft({ format, prizes: [prize("a", 3), prize("b", 4)] }), undefined),
    );
    const campaigns = outcomes.map((outcome) => {
      if (outcome.kind !== "created") throw new Error(outcome.kind);
      return outcome.campaign;
    });
    expect(new Set(campaigns.map(({ space }) => space.no)).size).toBe(1);
    const ranges = campaigns.flatMap(({ prizes }) => prizes.flatMap((one) => one.ranges));
    ranges.sort((a, b) => a.first - b.first);
    let next = 0;
    for (const { first, size } of ranges) {
      expect(first).toBe(next);
      next += size;
    }
    expect(next).toBe(70);
  });

  test("a format that could produce another one's codes is refused", async () => {
    const { ledger } = harness();
    const prefix = fresh("X");
    await create(ledger, { format: { alphabet: "01234", length: 20, prefix } });
    const tryFormat = async (format: { alphabet: string; length: number; prefix: string }) =>
      ledger.createCampaign(draft({ format }), undefined);
    expect(await tryFormat({ alphabet: "45678", length: 20, prefix })).toEqual({
      kind: "format-overlaps",
      prefix,
      length: 20,
    });
    expect(await tryFormat({ alphabet: "01234", length: 19, prefix: `${prefix}3` })).toMatchObject({
      kind: "format-overlaps",
    });
    expect(await tryFormat({ alphabet: "56789", length: 20, prefix })).toMatchObject({ kind: "created" });
    expect(await tryFormat({ alphabet: "45678", length: 21, prefix })).toMatchObject({ kind: "created" });
    // Only its first letter differs, and only in case.
    const lower = prefix.toLowerCase();
    expect(await tryFormat({ alphabet: "45678", length: 20, prefix: lower })).toMatchObject({
      kind: "created",
    });
  });

  test("of overlapping formats that arrive at once, one gets in", async () => {
    const prefix = fresh("Y");
    const outcomes = await crowd(harness(), 8, (ledger, i) =>
      ledger.createCampaign(
        draft({ format: { alphabet: `0123456789${"ABCDEFGH"[i]}`, length: 20, prefix } }),
        undefined,
      ),
    );
    expect(tally(outcomes)).toEqual({ created: 1, "format-overlaps": 7 });
  });

  test("a space gives out as many serials as it has room for, and says how many are left", async () => {
    const { ledger } = harness();
    const format = freshFormat({ alphabet: "0123456789", length: 8 });
    const ask = (quota: number | undefined, allowGuessable: boolean, count = 1) =>
      ledger.createCampaign(
        draft({
          format,
          allowGuessable,
          prizes: Array.from({ length: count }, (_, i) => prize(`p${i}`, quota)),
        }),
        undefined,
      );
    expect(await ask(101, false)).toEqual({ kind: "no-room", room: 100 });
    expect(await ask(60, false)).toMatchObject({ kind: "created" });
    expect(await ask(41, false)).toEqual({ kind: "no-room", room: 40 });
    expect(await ask(20, false, 2)).toMatchObject({ kind: "created" });
    expect(await ask(undefined, false)).toEqual({ kind: "no-room", room: 0 });
    expect(await ask(100_000_000 - 99, true)).toEqual({ kind: "no-room", room: 99_999_900 });
    expect(await ask(99_999_900, true)).toMatchObject({ kind: "created" });
    expect(await ask(1, true)).toEqual({ kind: "no-room", room: 0 });
  });

  test("a deleted campaign is gone by id, there by number, and its id is never free again", async () => {
    const { ledger } = harness();
    const { id, no } = await create(ledger);
    await ledger.changeCampaign(id, 1, { deletedMs: NOW_MS, nowMs: NOW_MS }, undefined);
    expect(await ledger.campaign(id)).toBeUndefined();
    expect(await ledger.campaignByNo(no)).toMatchObject({ id, revision: 2 });
    expect(await ledger.campaigns({ states: [], nowMs: NOW_MS }, no + 1, 1)).not.toMatchObject([{ no }]);
    expect(await ledger.createCampaign(draft({ id }), undefined)).toEqual({ kind: "id-taken" });
  });
}
