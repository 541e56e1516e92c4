import { expect, test } from "vitest";
import { brief, failure, type PoolClients } from "./pool-clients.ts";

/** What importing codes does by the public port, whatever is behind it. */
export function describesImports(clients: () => PoolClients): void {
  test("imported codes are assigned as they are, in the file's order", async () => {
    const { createImported, upload, pools, codes, coupons } = clients();
    const campaignId = await createImported("imported");
    const file = Array.from({ length: 25 }, (_, i) => `Gift-가🎁 ${i} "x"`);
    const uploadId = "file-1";
    expect(await upload(campaignId, file, { uploadId, size: 10 })).toMatchObject({
      imported: 25,
      receivedChunks: 3,
    });
    expect(await upload(campaignId, file, { uploadId, size: 10 })).toMatchObject({
      imported: 25,
      receivedChunks: 3,
    });
    expect(
      await failure(pools.importCodes({ campaignId, uploadId, chunk: 0, codes: ["other"] })),
    ).toMatchObject({ reason: "REQUEST_ID_REUSED" });
    expect((await codes(campaignId)).map(({ code }) => code)).toEqual(file);
    const users = Array.from({ length: 30 }, (_, i) => `user-${i}`);
    const answers = await Promise.all(users.map((userId) => pools.assignCode({ campaignId, userId })));
    const given = answers.filter(({ outcome }) => outcome.case === "coupon").map(brief);
    expect(given.toSorted()).toEqual(file.toSorted());
    const { coupon } = await coupons.getCoupon({ code: given[0]! });
    expect(coupon).toMatchObject({ code: given[0], campaignId });
    expect((await coupons.listCoupons({ campaignId })).coupons.map(({ code }) => code).toSorted()).toEqual(
      file.toSorted(),
    );
  });

  test("of a file with a code that is there twice, or known, nothing is imported, and the lines are told", async () => {
    const { createImported, create, generate, upload, pools, codes, stats } = clients();
    const campaignId = await createImported("twice");
    const other = await createImported("others");
    await upload(other, ["known-1", "known-2"]);
    const made = await create("makes", { codeFormat: { prefix: "MADE-", length: 8 } });
    await generate(made, 1);
    const producible = (await codes(made))[0]!.code;
    const file = ["a", "b", "known-2", "c", "a", "d", producible, "b", "e", "a"];
    const uploadId = "twice";
    const answer = await upload(campaignId, file, { uploadId, size: 4 });
    expect(answer).toMatchObject({ imported: 0, receivedChunks: 3 });
    const told = answer.duplicates.map(({ line, code, firstLine }) => [line, code, firstLine]);
    expect(told).toEqual([
      [3, "known-2", 0],
      [5, "a", 1],
      [7, producible, 0],
      [8, "b", 2],
      [10, "a", 1],
    ]);
    expect((await stats(campaignId)).remaining).toBe(0);
    expect(await codes(campaignId)).toEqual([]);

    // Chunks are replaced until the file is right.
    await pools.importCodes({ campaignId, uploadId, chunk: 1, codes: ["f", "d", "g"] });
    await pools.importCodes({ campaignId, uploadId, chunk: 0, codes: ["a", "b", "h", "c"] });
    const codesOfLast = ["e", "i"];
    const again = await pools.importCodes({ campaignId, uploadId, chunk: 2, codes: codesOfLast, chunks: 3 });
    expect(again).toMatchObject({ imported: 9, duplicates: [] });
    expect(await stats(campaignId)).toMatchObject({ remaining: 9 });
  });

  test("a new format that could produce an imported code is refused", async () => {
    const { createImported, upload, create } = clients();
    await upload(await createImported("taken"), ["SUMMER-ABCD2345"]);
    const format = { prefix: "SUMMER-", length: 8 };
    expect(await failure(create("clash", { codeFormat: format }))).toMatchObject({
      reason: "INVALID_ARGUMENT",
      fields: ["campaign.code_format"],
    });
    await create("fits", { codeFormat: { ...format, length: 9 } });
  });

  test("two files with a code in common at the same time: one of them is imported", async () => {
    const { createImported, upload } = clients();
    const pools = await Promise.all(["left", "right"].map(createImported));
    for (let round = 0; round < 5; round++) {
      const shared = `shared-${round}`;
      const answers = await Promise.all(
        pools.map((id) => upload(id, [`${id}-${round}`, shared], { size: 1 })),
      );
      expect(answers.map(({ imported }) => imported).sort()).toEqual([0, 2]);
    }
  });
}
