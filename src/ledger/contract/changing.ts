import { expect, test } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import type { CampaignChange } from "../../campaign/change.ts";
import {
  create,
  crowd,
  fresh,
  freshFormat,
  type Harness,
  mutation,
  NOW_MS,
  prize,
  tally,
} from "./harness.ts";

const later = NOW_MS + 60_000;
const rename = (name: string): CampaignChange => ({ name, nowMs: later });
const sizes = (campaign: Campaign) => campaign.prizes.map(({ ranges }) => ranges.map(({ size }) => size));

export function changesCampaigns(harness: Harness): void {
  async function change(campaign: Campaign, fields: Omit<CampaignChange, "nowMs">): Promise<Campaign> {
    const changed = await harness().ledger.changeCampaign(
      campaign.id,
      campaign.revision,
      { ...fields, nowMs: later },
      undefined,
    );
    if (changed.kind !== "changed") throw new Error(changed.kind);
    return changed.campaign;
  }

  test("fields that are named change, the others stay, and the revision counts", async () => {
    const { ledger, other } = harness();
    const before = await create(ledger);
    const fields = {
      name: "Winter",
      startMs: 1,
      endMs: 2 ** 45,
      timeZone: "UTC",
      paused: true,
      limits: { perUser: 0, perUserPerDay: 9, perAddress: 8 },
    };
    const changed = await change(before, fields);
    expect(changed).toEqual({ ...before, ...fields, revision: 2, updateMs: later });
    expect(await other.campaign(before.id)).toEqual(changed);
    const resumed = await change(changed, { paused: false, endedMs: 7 });
    expect(resumed).toEqual({ ...changed, paused: false, endedMs: 7, revision: 3 });
    expect(await change(resumed, { retired: true })).toEqual({ ...resumed, retired: true, revision: 4 });
  });

  test("only the expected revision is changed, or whichever there is where none is expected", async () => {
    const { ledger } = harness();
    const { id } = await create(ledger);
    expect(await ledger.changeCampaign(id, 2, rename("no"), undefined)).toEqual({
      kind: "revision-mismatch",
      revision: 1,
    });
    expect(await ledger.changeCampaign(id, undefined, rename("yes"), undefined)).toMatchObject({
      kind: "changed",
    });
    expect(await ledger.campaign(id)).toMatchObject({ name: "yes", revision: 2 });
    expect(await ledger.changeCampaign(fresh("nobody"), 1, rename("no"), undefined)).toEqual({
      kind: "not-found",
    });
  });

  test("of many who change one revision at once, one does", async () => {
    const { ledger } = harness();
    const { id } = await create(ledger);
    const outcomes = await crowd(harness(), 10, (one, i) =>
      one.changeCampaign(id, 1, rename(`by ${i}`), undefined),
    );
    expect(tally(outcomes)).toEqual({ changed: 1, "revision-mismatch": 9 });
    const winner = outcomes.findIndex(({ kind }) => kind === "changed");
    expect(await ledger.campaign(id)).toMatchObject({ name: `by ${winner}`, revision: 2 });
  });

  test("changes that expect no revision all count", async () => {
    const { ledger } = harness();
    const { id } = await create(ledger);
    await crowd(harness(), 10, (one) => one.changeCampaign(id, undefined, rename("again"), undefined));
    expect((await ledger.campaign(id))!.revision).toBe(11);
  });

  test("one mutation changes once; a refused one leaves no record", async () => {
    const { ledger } = harness();
    const { id, no } = await create(ledger);
    const once = mutation("UpdateCampaign");
    const outcomes = await crowd(harness(), 8, (one) => one.changeCampaign(id, 1, rename("once"), once));
    expect(tally(outcomes)).toEqual({ changed: 1, repeated: 7 });
    expect(await ledger.mutation(once.method, once.requestId)).toMatchObject({
      subject: String(no),
      answer: undefined,
    });
    const refused = mutation("UpdateCampaign");
    expect(await ledger.changeCampaign(id, 1, rename("late"), refused)).toMatchObject({
      kind: "revision-mismatch",
    });
    expect(await ledger.mutation(refused.method, refused.requestId)).toBeUndefined();
  });

  test("deleting repeats as itself, and a deleted campaign changes no more", async () => {
    const { ledger } = harness();
    const { id } = await create(ledger);
    const once = mutation("DeleteCampaign");
    const gone = { deletedMs: later, nowMs: later };
    expect(await ledger.changeCampaign(id, 1, gone, once)).toMatchObject({ kind: "changed" });
    expect(await ledger.changeCampaign(id, 1, gone, once)).toEqual({ kind: "repeated" });
    const late = mutation("UpdateCampaign");
    expect(await ledger.changeCampaign(id, undefined, rename("late"), late)).toEqual({ kind: "not-found" });
    expect(await ledger.mutation(late.method, late.requestId)).toBeUndefined();
  });

  test("prizes change by place and new ones follow; their serials stay theirs", async () => {
    const { ledger } = harness();
    const before = await create(ledger, { prizes: [prize("a", 10, 4), prize("b", undefined)] });
    const prizes = [
      { ...prize("a", 10, 5), name: "A", oddsPpm: 0, attributes: { x: "y" } },
      prize("b", undefined),
      prize("c", 3),
      prize("d", undefined),
    ];
    const after = await change(before, { prizes });
    expect(after.prizes.map(({ no: _, ranges: __, ...rest }) => rest)).toEqual(prizes);
    expect(after.prizes.slice(0, 2).map(({ ranges }) => ranges)).toEqual(
      before.prizes.map(({ ranges }) => ranges),
    );
    expect(sizes(after).slice(2)).toEqual([[3], [2 ** 20]]);
    await expect(change(after, { prizes: [prize("b", 1)] })).rejects.toThrow('prize 0 is "a", not "b"');
  });

  test("a raised quota reserves the difference, a lowered one keeps what it had", async () => {
    const { ledger } = harness();
    const format = freshFormat();
    const start = await create(ledger, { format, prizes: [prize("a", 10)] });
    await create(ledger, { format, prizes: [prize("between", 5)] });
    const raised = await change(start, { prizes: [prize("a", 16)] });
    expect(raised.prizes[0]!.ranges).toEqual([
      { first: 0, size: 10 },
      { first: 15, size: 6 },
    ]);
    const lowered = await change(raised, { prizes: [prize("a", 2)] });
    const again = await change(lowered, { prizes: [prize("a", 15)] });
    const higher = await change(again, { prizes: [prize("a", 17)] });
    const unlimited = await change(higher, { prizes: [prize("a", undefined)] });
    const limited = await change(unlimited, { prizes: [prize("a", 18)] });
    expect([lowered, again, higher, unlimited, limited].map((one) => sizes(one)[0])).toEqual([
      [10, 6],
      [10, 6],
      [10, 6, 1],
      [10, 6, 1],
      [10, 6, 1, 1],
    ]);
    expect(await ledger.campaign(start.id)).toEqual(limited);
  });

  test("a quota raised beyond the space's room changes nothing", async () => {
    const { ledger } = harness();
    const format = freshFormat({ alphabet: "0123456789", length: 8 });
    const before = await create(ledger, { format, prizes: [prize("a", 40), prize("b", 50)] });
    const attempted = mutation("UpdateCampaign");
    const prizes = [prize("a", 45), prize("b", 56)];
    expect(
      await ledger.changeCampaign(before.id, 1, { name: "more", prizes, nowMs: later }, attempted),
    ).toEqual({ kind: "no-room", room: 10 });
    expect(await ledger.campaign(before.id)).toEqual(before);
    expect(await ledger.mutation(attempted.method, attempted.requestId)).toBeUndefined();
    expect(sizes(await change(before, { prizes: [prize("a", 45), prize("b", 55)] }))).toEqual([
      [40, 5],
      [50, 5],
    ]);
  });

  test("raises of several campaigns at once never share a serial", async () => {
    const { ledger } = harness();
    const format = freshFormat();
    const campaigns = await Promise.all(
      Array.from({ length: 6 }, () => create(ledger, { format, prizes: [prize("a", 1)] })),
    );
    const changed = await crowd(harness(), 6, (one, i) =>
      one.changeCampaign(campaigns[i]!.id, 1, { prizes: [prize("a", 5)], nowMs: later }, undefined),
    );
    const ranges = changed.flatMap((outcome) =>
      outcome.kind === "changed" ? outcome.campaign.prizes[0]!.ranges : [],
    );
    const serials = ranges.flatMap(({ first, size }) => Array.from({ length: size }, (_, i) => first + i));
    expect(serials.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });
}
