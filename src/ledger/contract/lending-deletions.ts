import { beforeAll, expect, test } from "vitest";
import { create, mutation, NOW_MS, prize } from "./harness.ts";
import { books, type LendingHarness, StoreSide, serialsOf } from "./lending-harness.ts";

/** What happens to codes that are deleted while their serials are lent. */
export function deletesLentCodes(harness: () => LendingHarness): void {
  beforeAll(() => new StoreSide(harness()).arm(1));

  async function lentPool(codes: number, lent: number) {
    const { ledger } = harness();
    const store = new StoreSide(harness());
    const mechanic = { kind: "code-pool" as const, imported: false };
    const { id } = await create(ledger, { mechanic, prizes: [prize("p1", 0)] });
    const begun = await ledger.beginCodes(id, codes, NOW_MS, mutation("GenerateCodes"));
    if (begun.kind !== "begun") throw new Error(begun.kind);
    const { campaign } = await ledger.makeCodes(begun.batch, codes, NOW_MS);
    const pool = await store.pool(campaign, 0, "", 1);
    const block = await store.block(pool, lent);
    const del = (serial: number, record = false) =>
      ledger.deleteCode(
        { spaceNo: campaign.space.no, serial },
        NOW_MS,
        record ? mutation("DeleteCode") : undefined,
      );
    return { store, campaign, pool, block, del };
  }

  test("it is gone the moment it comes back, so that nobody is lent it again", async () => {
    const { store, campaign, pool, block, del } = await lentPool(10, 6);
    const serial = block.first + 3;
    expect((await del(serial, true)).kind).toBe("lent");
    expect((await del(serial)).kind).toBe("lent");
    expect(await books(harness(), campaign)).toMatchObject({ quota: 10, granted: 6 });
    await store.handBack(campaign, pool, block, 1);
    expect(await books(harness(), campaign)).toMatchObject({ quota: 9, granted: 1 });
    expect((await del(serial)).kind).toBe("deleted");
    const again = [await store.block(pool, 100), await store.block(pool, 100)].flatMap(serialsOf);
    expect(again).toEqual(serialsOf({ first: block.first + 1, size: 9 }).filter((one) => one !== serial));
    expect(await store.next(pool, 100)).toMatchObject({ block: { size: 0, exhausted: "total" } });
    const { codes } = await harness().ledger.poolCodes(campaign.no, ["free"], undefined, 100);
    expect(codes.map((code) => code.serial)).toEqual([block.first, ...again]);
  });

  test("it stays where it was given out before it could come back", async () => {
    const { store, campaign, pool, block, del } = await lentPool(4, 4);
    const serial = block.first + 1;
    expect((await del(serial, true)).kind).toBe("lent");
    await store.spend(campaign, pool, [block.first, serial]);
    expect((await del(serial)).kind).toBe("assigned");
    await store.handBack(campaign, pool, block, 2);
    expect(await books(harness(), campaign)).toMatchObject({ quota: 4, granted: 2 });
    const { codes } = await harness().ledger.poolCodes(campaign.no, ["deleted"], undefined, 100);
    expect(codes).toEqual([]);
  });

  test("what is in doubt can't be deleted, and is in no state", async () => {
    const { store, campaign, block, del } = await lentPool(4, 3);
    await store.arm(1, { proven: false });
    expect((await del(block.first + 1, true)).kind).toBe("assigned");
    const { codes } = await harness().ledger.poolCodes(campaign.no, [], undefined, 100);
    expect(codes.map(({ state }) => state)).toEqual(["in-doubt", "in-doubt", "in-doubt", "free"]);
    expect(await books(harness(), campaign)).toMatchObject({ quota: 4 });
  });
}
