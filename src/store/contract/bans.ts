import { expect, test } from "vitest";
import { nothing } from "../../campaign/plan.ts";
import { type Ask, asking, brief, userHashOf, users } from "./asking.ts";
import type { StoreHarness } from "./harness.ts";

/** Who may take nothing, from any campaign. */
export function bansUsers(harness: () => StoreHarness): void {
  const { ask, campaign } = asking(harness);
  const ban = (user: string, banned = true) => harness().store.ban(0, userHashOf(user), banned);

  test("a banned user gets nothing of any campaign until the ban is lifted, and others do", async () => {
    const plans = [
      await campaign({ prizes: [{ quota: 9 }], perUser: 1 }),
      await campaign({ mechanic: { kind: "lottery", requireEntropy: false }, prizes: [], perUserPerDay: 1 }),
      await campaign({ prizes: [{ quota: 9 }] }),
    ];
    const asks: Ask[] = [
      { user: "ok1", choices: [nothing] },
      { user: "cheat", choices: [nothing] },
      { user: "ok2", choices: [nothing], request: "r" },
      { user: "cheat", choices: [nothing], request: "r" },
      { user: "ok3", choices: [nothing] },
    ];
    await ban("cheat");
    for (const plan of plans) {
      const outcomes = await ask(plan, asks);
      expect(outcomes.map(brief)).toEqual(["issued", "BANNED", "issued", "BANNED", "issued"]);
      expect(outcomes[1]).toMatchObject({ today: false });
    }
    await ban("cheat", false);
    for (const plan of plans) expect((await ask(plan, asks.slice(1, 2))).map(brief)).toEqual(["issued"]);
  });

  test("what a user had before is answered again; then the ban comes before window, pause, end and stock", async () => {
    const plan = await campaign({ prizes: [{ quota: 2 }], perUser: 1 });
    const [first] = await ask(plan, [{ user: "had", request: "1" }]);
    await ban("had");
    await ban("has none");
    for (const change of [
      {},
      { closed: "PAUSED" as const },
      { closed: "ENDED" as const },
      { endMs: Date.now() - 1 },
      { startMs: Date.now() + 1e6 },
    ]) {
      const outcomes = await ask({ ...plan, ...change }, [
        { user: "had" },
        { user: "had", request: "1" },
        { user: "has none" },
      ]);
      expect(outcomes.slice(0, 2)).toEqual(Array(2).fill({ ...first, replayed: true }));
      expect(brief(outcomes[2]!)).toBe("BANNED");
    }
    expect((await ask(plan, [...users(2), { user: "has none" }])).map(brief)).toEqual([
      "issued",
      "SOLD_OUT",
      "BANNED",
    ]);
    await ban("had", false);
    await ban("has none", false);
  });

  test("a ban refuses before limits, and what it refused was not counted", async () => {
    const plan = await campaign({ prizes: [{ quota: 9 }], perUser: 2, perAddress: 1 });
    await ask(plan, [{ user: "a", address: "1" }]);
    await ban("late");
    expect((await ask(plan, [{ user: "late", address: "1" }])).map(brief)).toEqual(["BANNED"]);
    expect((await ask(plan, [{ user: "late", address: "2" }])).map(brief)).toEqual(["BANNED"]);
    await ban("late", false);
    expect((await ask(plan, [{ user: "late", address: "2" }])).map(brief)).toEqual(["issued"]);
  });

  test("banning and lifting may be repeated, and concern one user each", async () => {
    const plan = await campaign({ prizes: [{ quota: 9 }] });
    const outcomes = async () => (await ask(plan, [{ user: "x" }, { user: "y" }])).map(brief);
    await ban("x");
    await ban("x");
    await ban("y");
    expect(await outcomes()).toEqual(["BANNED", "BANNED"]);
    await ban("x", false);
    await ban("x", false);
    await ban("never banned", false);
    expect(await outcomes()).toEqual(["issued", "BANNED"]);
    await ban("y", false);
    expect(await outcomes()).toEqual(["issued", "issued"]);
  });
}
