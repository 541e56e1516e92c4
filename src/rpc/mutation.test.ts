import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { Campaign_State as State } from "../gen/allot/v1/campaign_pb.js";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { StoreUnavailable } from "../store/store.ts";
import { failureOf, HOUR_MS, running, serviceUnderTest } from "./campaign-service.fixture.ts";

const campaignId = "summer";
const reused = { code: "AlreadyExists", reason: "REQUEST_ID_REUSED" };

describe("the same request again", () => {
  test("has the first answer, whatever has happened since", async () => {
    const { client, clock, reached } = await serviceUnderTest();
    const create = { campaign: running(campaignId), requestId: "create" };
    const update = {
      campaign: { id: campaignId, name: "New" },
      updateMask: { paths: ["name"] },
      revision: 1,
      requestId: "update",
    };
    const all = [
      () => client.createCampaign(create),
      () => client.updateCampaign(update),
      () => client.pauseCampaign({ campaignId, requestId: "pause" }),
      () => client.resumeCampaign({ campaignId, requestId: "resume" }),
      () => client.endCampaign({ campaignId, requestId: "end" }),
      () => client.deleteCampaign({ campaignId, requestId: "delete" }),
    ];
    const answers = [];
    for (const call of all) answers.push(await call());
    const done = [...reached];
    // By now the campaign is deleted, and end_time has passed.
    clock.nowMs += 2 * HOUR_MS;
    for (const [at, call] of all.entries()) expect(await call()).toEqual(answers[at]);
    expect(reached).toEqual(done);
  });

  test("creates nothing anew where the id is left to the service", async () => {
    const { client } = await serviceUnderTest();
    const request = { campaign: { ...running(""), id: "" }, requestId: "r" };
    const first = await client.createCampaign(request);
    expect(await client.createCampaign(request)).toEqual(first);
    expect((await client.listCampaigns({})).campaigns).toHaveLength(1);
  });

  test("is the same with the entries of a map in another order", async () => {
    const { client } = await serviceUnderTest();
    const campaignWith = (attributes: Record<string, string>) => ({
      campaign: { ...running(campaignId), startTime: undefined, prizes: [{ quota: 1, attributes }] },
      requestId: "r",
    });
    const endTime = timestampFromMs(Date.now() + HOUR_MS);
    const ordered = campaignWith({ a: "1", b: "2" });
    const other = campaignWith({ b: "2", a: "1" });
    const first = await client.createCampaign({ ...ordered, campaign: { ...ordered.campaign, endTime } });
    expect(await client.createCampaign({ ...other, campaign: { ...other.campaign, endTime } })).toEqual(
      first,
    );
  });

  test("at the same time is done once, and all have one answer", async () => {
    const { client, client2, ledger } = await serviceUnderTest();
    const clients = [client, client2({}), client, client2({})];
    const create = { campaign: running(campaignId), requestId: "r" };
    const created = await Promise.all(clients.map((one) => one.createCampaign(create)));
    expect(new Set(created.map((answer) => JSON.stringify(answer, textOf))).size).toBe(1);
    const paused = await Promise.all(clients.map((one) => one.pauseCampaign({ campaignId, requestId: "r" })));
    expect(paused.map(({ campaign }) => campaign?.revision)).toEqual([2, 2, 2, 2]);
    expect((await ledger.campaign(campaignId))?.revision).toBe(2);
  });

  test("finished by two servers has the answer that was recorded first", async () => {
    const { client, client2 } = await serviceUnderTest();
    await client.createCampaign({ campaign: running(campaignId) });
    const counted = (issued: number) => async () => ({
      issued,
      remaining: 0,
      undrained: 0,
      withoutPrize: 0,
      inDoubt: 0,
      prizes: [{ issued, remaining: 0, inDoubt: 0 }],
    });
    const inLedger = Promise.withResolvers<void>();
    const overtaken = Promise.withResolvers<void>();
    const slow = client2({
      effects: {
        async applied() {
          inLedger.resolve();
          await overtaken.promise;
        },
        stats: counted(1),
      },
    });
    const fast = client2({ effects: { stats: counted(2) } });
    const request = { campaignId, requestId: "r" };
    const answer = slow.pauseCampaign(request);
    await inLedger.promise;
    expect((await fast.pauseCampaign(request)).campaign?.stats?.issued).toBe(2);
    overtaken.resolve();
    expect((await answer).campaign?.stats?.issued).toBe(2);
  });

  test("does not pause again what was resumed, even if it had changed nothing the first time", async () => {
    const { client } = await serviceUnderTest();
    await client.createCampaign({ campaign: running(campaignId) });
    await client.pauseCampaign({ campaignId });
    const first = await client.pauseCampaign({ campaignId, requestId: "again" });
    expect(first.campaign?.state).toBe(State.PAUSED);
    await client.resumeCampaign({ campaignId });
    expect(await client.pauseCampaign({ campaignId, requestId: "again" })).toEqual(first);
    expect((await client.getCampaign({ campaignId })).campaign?.state).toBe(State.ACTIVE);
  });
});

describe("another request under a used id is refused:", () => {
  test("other fields", async () => {
    const { client } = await serviceUnderTest();
    await client.createCampaign({ campaign: running(campaignId), requestId: "r" });
    const other = { campaign: { ...running(campaignId), name: "Other" }, requestId: "r" };
    expect(await failureOf(client.createCampaign(other))).toMatchObject(reused);
    await client.createCampaign({ campaign: running("winter") });
    await client.pauseCampaign({ campaignId, requestId: "r" });
    expect(await failureOf(client.pauseCampaign({ campaignId: "winter", requestId: "r" }))).toMatchObject(
      reused,
    );
    expect((await client.getCampaign({ campaignId: "winter" })).campaign?.state).toBe(State.ACTIVE);
  });

  test("at the same time", async () => {
    const { client } = await serviceUnderTest();
    const results = await Promise.allSettled(
      ["a", "b", "c"].map((id) => client.createCampaign({ campaign: running(id), requestId: "r" })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") {
        expect(await failureOf(Promise.reject(result.reason))).toMatchObject(reused);
      }
    }
    expect((await client.listCampaigns({})).campaigns).toHaveLength(1);
  });

  test("but each method has its own", async () => {
    const { client } = await serviceUnderTest();
    await client.createCampaign({ campaign: running(campaignId), requestId: "r" });
    const { campaign } = await client.pauseCampaign({ campaignId, requestId: "r" });
    expect(campaign?.state).toBe(State.PAUSED);
    expect((await client.resumeCampaign({ campaignId, requestId: "r" })).campaign?.state).toBe(State.ACTIVE);
  });
});

describe("a mutation whose maker died", () => {
  const dies = async () => {
    throw new StoreUnavailable("killed");
  };
  const diesInLedger = async () => {
    throw new LedgerUnavailable("killed");
  };

  test("after the ledger had it is finished by a repeat, and made once", async () => {
    const { client, client2, reached } = await serviceUnderTest();
    await client.createCampaign({ campaign: running(campaignId) });
    const dying = client2({ effects: { applied: dies } });
    const update = {
      campaign: { id: campaignId, name: "New" },
      updateMask: { paths: ["name"] },
      revision: 1,
      requestId: "r",
    };
    expect(await failureOf(dying.updateCampaign(update))).toMatchObject({ reason: "STORE_UNAVAILABLE" });
    expect(reached).toEqual(["prepare summer 1"]);
    const { campaign } = await client.updateCampaign(update);
    expect(campaign).toMatchObject({ name: "New", revision: 2 });
    expect(reached).toEqual(["prepare summer 1", "applied summer 2"]);
    expect(await client.updateCampaign(update)).toMatchObject({ campaign });
    expect(reached).toHaveLength(2);
  });

  test("before it could record its answer is finished by a repeat", async () => {
    const { client, client2, ledger } = await serviceUnderTest();
    const dying = client2({ ledger: { answer: diesInLedger } });
    const create = { campaign: running(campaignId), requestId: "r" };
    expect(await failureOf(dying.createCampaign(create))).toMatchObject({ reason: "LEDGER_UNAVAILABLE" });
    expect((await ledger.mutation("CreateCampaign", "r"))?.answer).toBeUndefined();
    const { campaign } = await client.createCampaign(create);
    expect(campaign).toMatchObject({ id: campaignId, revision: 1 });
    expect((await ledger.mutation("CreateCampaign", "r"))?.answer).toBeDefined();
  });

  test("while it deleted is finished by a repeat", async () => {
    const { client, client2, reached } = await serviceUnderTest();
    await client.createCampaign({ campaign: running(campaignId) });
    await client.endCampaign({ campaignId });
    const dying = client2({ effects: { forget: dies } });
    const request = { campaignId, requestId: "r" };
    expect(await failureOf(dying.deleteCampaign(request))).toMatchObject({ reason: "STORE_UNAVAILABLE" });
    await client.deleteCampaign(request);
    expect(reached.filter((what) => what.startsWith("forget"))).toEqual(["forget summer 3"]);
    await client.deleteCampaign(request);
    expect(reached.filter((what) => what.startsWith("forget"))).toHaveLength(1);
  });
});

test("a refused mutation is not remembered", async () => {
  const { client } = await serviceUnderTest();
  const request = { campaignId, requestId: "r" };
  expect(await failureOf(client.pauseCampaign(request))).toMatchObject({ code: "NotFound" });
  await client.createCampaign({ campaign: running(campaignId) });
  expect((await client.pauseCampaign(request)).campaign?.state).toBe(State.PAUSED);
});

test("a request id of 129 bytes is refused, with everything else that is wrong", async () => {
  const { client } = await serviceUnderTest();
  const requestId = `${"é".repeat(64)}!`;
  const bad = [
    [client.createCampaign({ requestId }), ["request_id", "campaign"]],
    [client.updateCampaign({ requestId }), ["request_id", "update_mask", "revision", "campaign"]],
    [client.pauseCampaign({ requestId }), ["request_id", "campaign_id"]],
    [client.deleteCampaign({ campaignId, requestId }), ["request_id"]],
  ] as const;
  for (const [call, fields] of bad) {
    const failure = await failureOf(call);
    expect(failure.code).toBe("InvalidArgument");
    expect(Object.keys(failure.fields)).toEqual(fields);
  }
});

function textOf(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
