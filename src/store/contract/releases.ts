import { expect, test } from "vitest";
import { noPrize } from "../../campaign/campaign.ts";
import { nothing, type Plan, poolAt } from "../../campaign/plan.ts";
import { type Ask, asking, brief, keysOf, serialOf, today } from "./asking.ts";
import type { StoreHarness } from "./harness.ts";

/** Entries that count no more. */
export function releasesEntries(harness: () => StoreHarness): void {
  const { ask, campaign } = asking(harness);
  const release = (plan: Plan, serial: number, ask: Ask) =>
    harness().store.release(0, {
      plan,
      day: plan.daily ? today() : undefined,
      serial,
      keys: keysOf(plan, ask),
    });

  test("with limit one the user may take another one, once", async () => {
    const plan = await campaign({ prizes: [{ quota: 9 }], perUser: 1 });
    const [first, other] = await ask(plan, [{ user: "a", request: "1" }, { user: "b" }]);
    await release(plan, serialOf(first)!, { user: "a" });
    const [byRequest, second, third] = await ask(plan, [
      { user: "a", request: "1" },
      { user: "a", request: "2" },
      { user: "a" },
    ]);
    // A request has got what it got.
    expect(byRequest).toEqual({ ...first, replayed: true });
    expect(brief(second!)).toBe("issued");
    expect(serialOf(second)).not.toBe(serialOf(first));
    expect(third).toEqual({ ...second, replayed: true });
    // The release once more changes nothing: what it is about is gone.
    await release(plan, serialOf(first)!, { user: "a" });
    expect(await ask(plan, [{ user: "a" }, { user: "b" }])).toEqual(
      [second, other].map((outcome) => ({ ...outcome, replayed: true })),
    );
    expect(await harness().store.issued(0, plan.campaignNo)).toEqual(new Map([[0, 3]]));
    await release(plan, serialOf(second)!, { user: "a" });
    expect((await ask(plan, [{ user: "a" }])).map(brief)).toEqual(["issued"]);
  });

  test("every limit counts one less, and no more than once for an entry", async () => {
    const plan = await campaign({ prizes: [{ quota: 20 }], perUser: 3, perUserPerDay: 2, perAddress: 3 });
    const at = (user: string, address: string): Ask => ({ user, address });
    const taken = await ask(plan, [at("a", "x"), at("a", "x"), at("b", "x")]);
    expect((await ask(plan, [at("a", "y"), at("b", "x")])).map(brief)).toEqual([
      "USER_LIMIT_REACHED",
      "ADDRESS_LIMIT_REACHED",
    ]);
    for (let time = 0; time < 3; time++) await release(plan, serialOf(taken[0])!, at("a", "x"));
    const more = await ask(plan, [at("a", "x"), at("a", "y"), at("b", "x"), at("b", "y"), at("b", "y")]);
    expect(more.map(brief)).toEqual([
      "issued",
      "USER_LIMIT_REACHED",
      "ADDRESS_LIMIT_REACHED",
      "issued",
      "USER_LIMIT_REACHED",
    ]);
    // Down to none.
    await release(plan, serialOf(taken[1])!, at("a", "x"));
    await release(plan, serialOf(more[0])!, at("a", "x"));
    expect((await ask(plan, [at("a", "y"), at("a", "x"), at("a", "x")])).map(brief)).toEqual([
      "issued",
      "issued",
      "USER_LIMIT_REACHED",
    ]);
  });

  test("an entry's number is given again", async () => {
    const plan = await campaign({
      mechanic: { kind: "instant-win" },
      prizes: [{ quota: 9 }],
      perUserPerDay: 2,
    });
    const asked: Ask = { user: "a", choices: [nothing, poolAt(0)] };
    const taken = await ask(plan, [asked, asked]);
    await release(plan, serialOf(taken[1])!, asked);
    const [again, refused] = await ask(plan, [asked, asked]);
    expect(again).toMatchObject({ kind: "issued", number: 2, replayed: false });
    expect(serialOf(again)).not.toBe(serialOf(taken[1]));
    expect(brief(refused!)).toBe("USER_LIMIT_REACHED");
    expect(await harness().store.issued(0, plan.campaignNo)).toEqual(
      new Map([
        [0, 2],
        [noPrize, 1],
      ]),
    );
  });
}
