import { expect, test } from "vitest";
import { dayAfter } from "../../campaign/day.ts";
import { asking, brief, today, users, zone } from "./asking.ts";
import type { StoreHarness } from "./harness.ts";

const lottery = { kind: "lottery", requireEntropy: false } as const;

/** Days after which nothing more is taken, because what was is drawn from. */
export function sealsDays(harness: () => StoreHarness): void {
  const { ask, campaign } = asking(harness);

  test("a sealed day takes nothing more, and answers repeats", async () => {
    const [plan, other] = [
      await campaign({ mechanic: lottery, prizes: [], perUserPerDay: 1 }),
      await campaign({ mechanic: lottery, prizes: [], perUserPerDay: 1 }),
    ];
    const [first] = await ask(plan, users(1));
    await harness().store.seal(0, plan.campaignNo, dayAfter(zone, today()).startMs);
    const outcomes = await ask(plan, users(2));
    expect(outcomes[0]).toEqual({ ...first, replayed: true });
    // The next day's round is another one.
    expect(outcomes[1]).toMatchObject({ kind: "refused", reason: "ROUND_SEALED", today: true });
    expect(await harness().recorded(plan)).toHaveLength(1);
    expect((await ask(other, users(2))).map(brief)).toEqual(["issued", "issued"]);
  });

  test("a seal concerns days that begin before it, and is never lowered", async () => {
    const plan = await campaign({ mechanic: lottery, prizes: [], perUserPerDay: 1 });
    const { startMs } = today();
    await harness().store.seal(0, plan.campaignNo, startMs);
    expect((await ask(plan, [{ user: "a" }])).map(brief)).toEqual(["issued"]);
    await harness().store.seal(0, plan.campaignNo, startMs + 1);
    await harness().store.seal(0, plan.campaignNo, startMs);
    expect((await ask(plan, [{ user: "b" }])).map(brief)).toEqual(["ROUND_SEALED"]);
  });

  test("it is said only of campaigns that are open", async () => {
    const plan = await campaign({ mechanic: lottery, prizes: [], perUserPerDay: 1 });
    await harness().store.seal(0, plan.campaignNo, dayAfter(zone, today()).startMs);
    for (const [change, reason] of [
      [{ closed: "PAUSED" as const }, "PAUSED"],
      [{ closed: "ENDED" as const }, "ENDED"],
      [{ endMs: Date.now() - 1 }, "ENDED"],
      [{ startMs: Date.now() + 1e6 }, "NOT_STARTED"],
    ] as const) {
      expect((await ask({ ...plan, ...change }, users(1))).map(brief)).toEqual([reason]);
    }
  });
}
