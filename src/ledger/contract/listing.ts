import { expect, test } from "vitest";
import { type CampaignState, stateAt } from "../../campaign/campaign.ts";
import { create, type Harness, NOW_MS, prize } from "./harness.ts";

export function listsCampaigns(harness: Harness): void {
  test("lists page from the newest to the oldest", async () => {
    const { ledger } = harness();
    const made: string[] = [];
    for (let i = 0; i < 5; i++)
      made.push((await create(ledger, { prizes: [prize("a", i + 1), prize("b", i + 2)] })).id);
    const filter = { states: [], nowMs: NOW_MS };
    const first = await ledger.campaigns(filter, undefined, 2);
    const second = await ledger.campaigns(filter, first[1]!.no, 2);
    const third = await ledger.campaigns(filter, second[1]!.no, 1);
    const page = [...first, ...second, ...third];
    expect(page.map(({ id }) => id)).toEqual(made.toReversed());
    for (const campaign of page) expect(await ledger.campaign(campaign.id)).toEqual(campaign);
    expect(await ledger.campaigns(filter, 1, 10)).toEqual([]);
  });

  test("a filter by state finds what stateAt says, at every boundary", async () => {
    const { ledger } = harness();
    const windows = [
      [NOW_MS, NOW_MS + 1],
      [NOW_MS + 1, NOW_MS + 2],
      [NOW_MS - 1, NOW_MS],
      [NOW_MS - 5, NOW_MS + 5],
    ] as const;
    const nos: number[] = [];
    for (const [startMs, endMs] of windows) {
      for (const change of [{}, { paused: true }, { endedMs: NOW_MS }, { paused: true, endedMs: NOW_MS }]) {
        const { id, no } = await create(ledger, { startMs, endMs });
        await ledger.changeCampaign(id, 1, { ...change, nowMs: NOW_MS }, undefined);
        nos.push(no);
      }
    }
    const all = (await ledger.campaigns({ states: [], nowMs: NOW_MS }, undefined, 1_000)).filter(({ no }) =>
      nos.includes(no),
    );
    expect(all).toHaveLength(16);
    const every: CampaignState[] = ["scheduled", "active", "paused", "ended"];
    expect(new Set(all.map((campaign) => stateAt(campaign, NOW_MS)))).toEqual(new Set(every));
    for (const states of [
      ...every.map((state) => [state]),
      ["active", "paused"],
      ["scheduled", "ended"],
    ] as CampaignState[][]) {
      const found = (await ledger.campaigns({ states, nowMs: NOW_MS }, undefined, 1_000)).filter(({ no }) =>
        nos.includes(no),
      );
      expect(found).toEqual(all.filter((campaign) => states.includes(stateAt(campaign, NOW_MS))));
    }
  });
}
