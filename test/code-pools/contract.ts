import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { expect, test } from "vitest";
import { CodePoolService, PoolCode_State as State } from "../../src/gen/allot/v1/code_pool_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { brief, failure, type PoolClients } from "./pool-clients.ts";

/** What a code pool does by the public port, whatever is behind it. */
export function describesPools(clients: () => PoolClients): void {
  test("codes are made once for their request, and each is assigned once", async () => {
    const { create, generate, pools, codes, stats } = clients();
    const campaignId = await create("made");
    expect(brief(await pools.assignCode({ campaignId, userId: "early" }))).toBe(String(Reason.SOLD_OUT));
    expect(await generate(campaignId, 30, "first")).toEqual([30]);
    expect(await generate(campaignId, 30, "first")).toEqual([30]);
    expect(await generate(campaignId, 10, "second")).toEqual([10]);
    expect(await failure(generate(campaignId, 31, "first"))).toMatchObject({ reason: "REQUEST_ID_REUSED" });

    const users = Array.from({ length: 60 }, (_, i) => `user-${i}`);
    const ask = () => Promise.all(users.map((userId) => pools.assignCode({ campaignId, userId })));
    const answers = await ask();
    const given = answers.filter(({ outcome }) => outcome.case === "coupon").map(brief);
    expect(new Set(given).size).toBe(40);
    expect(given).toHaveLength(40);
    expect((await ask()).map(brief)).toEqual(answers.map(brief));
    expect(await stats(campaignId)).toMatchObject({ issued: 40, remaining: 0 });
    await expect.poll(async () => (await codes(campaignId, [State.ASSIGNED])).length).toBe(40);
    expect(new Set((await codes(campaignId)).map(({ code }) => code))).toEqual(new Set(given));
  });

  test("many codes are made in steps, of which the stream tells", async () => {
    const { create, generate, pools, stats } = clients();
    const campaignId = await create("steps");
    expect(await generate(campaignId, 250_000, "steps")).toEqual([100_000, 200_000, 250_000]);
    // Who breaks off and asks again finds as many as were asked for.
    for await (const { generated } of pools.generateCodes({ campaignId, count: 250_000, requestId: "cut" })) {
      expect(generated).toBe(100_000);
      break;
    }
    const rest = await generate(campaignId, 250_000, "cut");
    expect(rest.at(-1)).toBe(250_000);
    expect((await stats(campaignId)).remaining).toBe(500_000);
  });

  test("the stream is told over gRPC and to browsers alike", async () => {
    const { create, stats, url } = clients();
    const campaignId = await create("protocols");
    const transports = [
      createGrpcTransport({ baseUrl: url }),
      createGrpcWebTransport({ baseUrl: url }),
      createConnectTransport({ baseUrl: url }),
    ];
    for (const [i, transport] of transports.entries()) {
      const pools = createClient(CodePoolService, transport);
      const told: number[] = [];
      const request = { campaignId, count: 150_000, requestId: `over-${i}` };
      for await (const { generated } of pools.generateCodes(request)) told.push(generated);
      expect(told).toEqual([100_000, 150_000]);
      const empty = pools.generateCodes({ campaignId, count: 0, requestId: "x" })[Symbol.asyncIterator]();
      expect((await failure(empty.next())).fields).toEqual(["count"]);
    }
    expect((await stats(campaignId)).remaining).toBe(450_000);
  });

  test("a code leads to its user and a user to the codes", async () => {
    const { create, generate, pools, codes, coupons } = clients();
    const campaignId = await create("lookup", { limits: { perUser: 3 } });
    await generate(campaignId, 10);
    const own: string[] = [];
    for (const requestId of ["a", "b", "c"]) {
      own.push(brief(await pools.assignCode({ campaignId, userId: "kim", requestId })));
    }
    await pools.assignCode({ campaignId, userId: "lee", requestId: "a" });
    const [one] = await codes(campaignId, [], { code: own[1] });
    expect(one).toMatchObject({ code: own[1], userId: "kim", state: State.ASSIGNED });
    expect(Number(one!.assignTime!.seconds)).toBeGreaterThan(0);
    expect((await coupons.getCoupon({ code: own[1]! })).coupon).toMatchObject({ userId: "kim", campaignId });
    await expect.poll(async () => (await codes(campaignId, [], { userId: "kim" })).length).toBe(3);
    const listed = await codes(campaignId, [], { userId: "kim", pageSize: 2 });
    expect(new Set(listed.map(({ code }) => code))).toEqual(new Set(own));
    expect(await codes(campaignId, [], { userId: "kim", code: own[0] })).toHaveLength(1);
    expect(await codes(campaignId, [], { userId: "lee", code: own[0] })).toEqual([]);
    expect(await codes(campaignId, [], { code: "nonsense" })).toEqual([]);
  });

  test("codes are listed by state, in the order in which they were made", async () => {
    const { create, generate, pools, codes } = clients();
    const campaignId = await create("states", { limits: { perUser: 100 } });
    await generate(campaignId, 7);
    await generate(campaignId, 5);
    const all = (await codes(campaignId)).map(({ code }) => code);
    expect(new Set(all).size).toBe(12);
    const given: string[] = [];
    for (let i = 0; i < 4; i++) {
      given.push(brief(await pools.assignCode({ campaignId, userId: "u", requestId: `${i}` })));
    }
    const deleted = all.findLast((code) => !given.includes(code))!;
    await pools.deleteCode({ code: deleted });
    await expect.poll(async () => (await codes(campaignId, [State.ASSIGNED])).length).toBe(4);
    const textsOf = async (states: State[]) =>
      (await codes(campaignId, states, { pageSize: 3 })).map(({ code }) => code);
    const inOrder = (some: string[]) => all.filter((code) => some.includes(code));
    const free = all.filter((code) => !given.includes(code) && code !== deleted);
    expect(await textsOf([])).toEqual(all);
    expect(await textsOf([State.ASSIGNED])).toEqual(inOrder(given));
    expect(await textsOf([State.FREE])).toEqual(free);
    expect(await textsOf([State.DELETED])).toEqual([deleted]);
    expect(await textsOf([State.DELETED, State.ASSIGNED])).toEqual(inOrder([...given, deleted]));
    expect(await textsOf([State.REDEEMED])).toEqual([]);
  });

  test("a free code is deleted for good and a user's is not", async () => {
    const { create, generate, pools, codes, stats } = clients();
    const campaignId = await create("deleted");
    await generate(campaignId, 5);
    const mine = brief(await pools.assignCode({ campaignId, userId: "mine" }));
    const refused = await pools.deleteCode({ code: mine, requestId: "mine" });
    expect(refused.outcome).toMatchObject({ case: "refusal", value: { reason: Reason.ASSIGNED } });
    const [free] = (await codes(campaignId)).filter(({ code }) => code !== mine);
    const once = await pools.deleteCode({ code: free!.code, requestId: "once" });
    expect(once.outcome).toMatchObject({ case: "code", value: { code: free!.code, state: State.DELETED } });
    expect(await pools.deleteCode({ code: free!.code, requestId: "once" })).toEqual(once);
    expect((await pools.deleteCode({ code: free!.code })).outcome.case).toBe("code");
    expect(await stats(campaignId)).toMatchObject({ issued: 1, remaining: 3 });
    expect(await failure(pools.deleteCode({ code: "nonsense" }))).toMatchObject({
      reason: "COUPON_NOT_FOUND",
    });

    const users = Array.from({ length: 8 }, (_, i) => `user-${i}`);
    const rest = await Promise.all(users.map((userId) => pools.assignCode({ campaignId, userId })));
    const given = rest.filter(({ outcome }) => outcome.case === "coupon").map(brief);
    expect(given).toHaveLength(3);
    expect(given).not.toContain(free!.code);
  });

  test("what is wrong with a request is told by its field", async () => {
    const { create, createImported, generate, pools } = clients();
    const made = await create("wrong-made");
    const imported = await createImported("wrong-imported");
    const fieldsOf = async (call: Promise<unknown>) => (await failure(call)).fields;
    expect(await fieldsOf(generate("No", 0, ""))).toEqual(["campaign_id", "count", "request_id"]);
    expect(await fieldsOf(generate(made, 100_000_001))).toEqual(["count"]);
    expect(await failure(generate(imported, 1))).toMatchObject({ reason: "WRONG_MECHANIC" });
    expect(await failure(generate("nowhere", 1))).toMatchObject({ reason: "CAMPAIGN_NOT_FOUND" });
    const chunk = { campaignId: imported, uploadId: "u", chunk: 0, codes: ["x"] };
    expect(await failure(pools.importCodes({ ...chunk, campaignId: made }))).toMatchObject({
      reason: "WRONG_MECHANIC",
    });
    const bad = ["", "x".repeat(65), "a\tb", "e\u0301", "fine"];
    expect(await fieldsOf(pools.importCodes({ ...chunk, uploadId: "", codes: bad }))).toEqual([
      "upload_id",
      "codes[0]",
      "codes[1]",
      "codes[2]",
      "codes[3]",
    ]);
    expect(await fieldsOf(pools.importCodes({ ...chunk, codes: [] }))).toEqual(["codes"]);
    expect(await fieldsOf(pools.importCodes({ ...chunk, chunk: 3, chunks: 2 }))).toEqual(["chunks"]);
    // Chunk 0 is not there.
    expect(await fieldsOf(pools.importCodes({ ...chunk, uploadId: "v", chunk: 1, chunks: 2 }))).toEqual([
      "chunks",
    ]);
    expect(await fieldsOf(pools.listCodes({ states: [9 as State] }))).toEqual(["campaign_id", "states[0]"]);
    expect(await fieldsOf(pools.deleteCode({}))).toEqual(["code"]);
  });

  test("a campaign that has ended answers repeats, and changes no more", async () => {
    const { create, createImported, generate, upload, pools, campaigns, codes } = clients();
    const made = await create("over-made");
    const imported = await createImported("over-imported");
    await generate(made, 3, "before");
    await upload(imported, ["over-1"], { uploadId: "before" });
    const [one, two] = await codes(made);
    await pools.deleteCode({ code: one!.code, requestId: "gone" });
    for (const campaignId of [made, imported]) await campaigns.endCampaign({ campaignId });
    expect(await generate(made, 3, "before")).toEqual([3]);
    expect(await failure(generate(made, 1))).toMatchObject({ fields: ["campaign_id"] });
    expect(await upload(imported, ["over-1"], { uploadId: "before" })).toMatchObject({ imported: 1 });
    expect(await failure(upload(imported, ["over-2"]))).toMatchObject({ fields: ["campaign_id"] });
    expect((await pools.deleteCode({ code: one!.code, requestId: "gone" })).outcome.case).toBe("code");
    expect(await failure(pools.deleteCode({ code: two!.code }))).toMatchObject({ reason: "NOT_DELETABLE" });
    const late = brief(await pools.assignCode({ campaignId: made, userId: "late" }));
    expect(late).toBe(String(Reason.ENDED));
  });

  test("a code is followed from its user to what was done with it", async () => {
    const { create, generate, pools, coupons, codes, campaigns } = clients();
    const campaignId = await create("fates", { limits: { perUser: 9 } });
    await generate(campaignId, 4);
    const given: string[] = [];
    for (const requestId of ["a", "b", "c"]) {
      given.push(brief(await pools.assignCode({ campaignId, userId: "kim", requestId })));
    }
    const [kept, redeemed, revoked] = given as [string, string, string];
    await coupons.redeemCoupon({ code: redeemed, orderId: "order" });
    await coupons.revokeCoupon({ code: revoked, reason: "lost" });
    const all = await codes(campaignId);
    const stateOf = (code: string) => State[all.find((one) => one.code === code)!.state];
    expect(given.map(stateOf)).toEqual(["ASSIGNED", "REDEEMED", "DELETED"]);
    const times = all.map(({ redeemTime, deleteTime }) =>
      [redeemTime, deleteTime].map((time) => time !== undefined),
    );
    expect(times.toSorted()).toEqual([
      [false, false],
      [false, false],
      [false, true],
      [true, false],
    ]);
    const only = async (state: State) => (await codes(campaignId, [state])).map(({ code }) => code);
    expect(await only(State.ASSIGNED)).toEqual([kept]);
    expect(await only(State.REDEEMED)).toEqual([redeemed]);
    expect(await only(State.DELETED)).toEqual([revoked]);
    expect(await codes(campaignId, [State.REDEEMED], { userId: "kim" })).toHaveLength(1);
    const refusalOf = async (code: string) => {
      const { outcome } = await pools.deleteCode({ code });
      return outcome.case === "refusal" ? Reason[outcome.value.reason] : outcome.case;
    };
    expect(await refusalOf(kept)).toBe("ASSIGNED");
    expect(await refusalOf(redeemed)).toBe("ALREADY_REDEEMED");
    expect(await refusalOf(revoked)).toBe("COUPON_REVOKED");
    expect((await campaigns.getCampaign({ campaignId })).campaign!.stats).toMatchObject({
      issued: 3,
      remaining: 1,
    });
  });

  test("a request for more codes than the format has room for makes none", async () => {
    const { create, generate, stats } = clients();
    const campaignId = await create("small", {
      codeFormat: { alphabet: "0123456789", length: 4, prefix: "s", allowGuessable: true },
    });
    expect((await failure(generate(campaignId, 10_001))).fields).toEqual(["count"]);
    expect(await generate(campaignId, 9_999)).toEqual([9_999]);
    expect((await failure(generate(campaignId, 2))).fields).toEqual(["count"]);
    expect((await stats(campaignId)).remaining).toBe(9_999);
  });
}
