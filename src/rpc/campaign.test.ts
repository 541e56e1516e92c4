import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { Campaign_State as State } from "../gen/allot/v1/campaign_pb.js";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { StoreUnavailable } from "../store/store.ts";
import { failureOf, HOUR_MS, running, serviceUnderTest } from "./campaign-service.fixture.ts";

const endTime = timestampFromMs(Date.now() + HOUR_MS);

describe("a created campaign", () => {
  test("is there, with defaults and stats, and lending begins", async () => {
    const { client, clock, reached } = await serviceUnderTest();
    const { campaign } = await client.createCampaign({
      campaign: { id: "summer", name: "Summer", endTime, prizes: [{ quota: 3 }, {}] },
    });
    expect(campaign).toMatchObject({
      id: "summer",
      name: "Summer",
      timeZone: "UTC",
      mechanic: { case: "firstCome" },
      prizes: [{ id: "p1", quota: 3 }, { id: "p2" }],
      partitions: 1,
      state: State.ACTIVE,
      revision: 1,
      stats: { issued: 0, undrained: 0, inDoubt: 0, prizes: [{ prizeId: "p1", remaining: 3 }, {}] },
    });
    expect(campaign?.stats?.remaining).toBeUndefined();
    expect(timestampMs(campaign!.startTime!)).toBe(clock.nowMs);
    expect(await client.getCampaign({ campaignId: "summer" })).toMatchObject({ campaign });
    expect(reached).toEqual(["prepare summer 1"]);
  });

  test("has an id of its own where none is given", async () => {
    const { client } = await serviceUnderTest();
    const request = { campaign: { endTime, prizes: [{ quota: 1 }] } };
    const [one, other] = [await client.createCampaign(request), await client.createCampaign(request)];
    expect(one.campaign?.id).toMatch(/^[a-z0-9]{20}$/);
    expect(other.campaign?.id).not.toBe(one.campaign?.id);
  });

  test("keeps its id to itself, even deleted", async () => {
    const { client } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    const taken = { code: "AlreadyExists", reason: "CAMPAIGN_EXISTS" };
    expect(await failureOf(client.createCampaign({ campaign: running("summer") }))).toMatchObject(taken);
    await client.endCampaign({ campaignId: "summer" });
    await client.deleteCampaign({ campaignId: "summer" });
    expect(await failureOf(client.createCampaign({ campaign: running("summer") }))).toMatchObject(taken);
  });

  test("can't have codes that another format could produce, or more than its format has left", async () => {
    const { client } = await serviceUnderTest();
    const digits = { alphabet: "0123456789", length: 8 };
    await client.createCampaign({ campaign: { ...running("one", 90), codeFormat: digits } });
    const overlapping = { ...running("two"), codeFormat: { ...digits, length: 7, prefix: "7" } };
    expect(await failureOf(client.createCampaign({ campaign: overlapping }))).toMatchObject({
      code: "InvalidArgument",
      fields: { "campaign.code_format": expect.stringMatching(/^Its codes could be .*prefix "", length 8/) },
    });
    const sharing = { ...running("three", 11), codeFormat: digits };
    expect(await failureOf(client.createCampaign({ campaign: sharing }))).toMatchObject({
      code: "InvalidArgument",
      fields: { "campaign.code_format": expect.stringMatching(/leave room for 10\. Use another prefix/) },
    });
  });

  test("is only shown where validate_only is set", async () => {
    const { client, reached } = await serviceUnderTest();
    const request = { campaign: { ...running("summer"), name: "Summer" }, validateOnly: true };
    const { campaign } = await client.createCampaign({ ...request, requestId: "r" });
    expect(campaign).toMatchObject({ id: "summer", name: "Summer", state: State.ACTIVE, revision: 1 });
    expect(await failureOf(client.getCampaign({ campaignId: "summer" }))).toMatchObject({ code: "NotFound" });
    expect(reached).toEqual([]);

    await client.createCampaign({ campaign: running("summer"), requestId: "r" });
    expect(await failureOf(client.createCampaign(request))).toMatchObject({ reason: "CAMPAIGN_EXISTS" });
    const bad = { ...request, campaign: { ...running("other"), prizes: [] } };
    expect(await failureOf(client.createCampaign(bad))).toMatchObject({
      fields: { "campaign.prizes": expect.any(String) },
    });
    const overlapping = { ...running("two"), codeFormat: { length: 9, prefix: "A" } };
    expect(
      await failureOf(client.createCampaign({ campaign: overlapping, validateOnly: true })),
    ).toMatchObject({ fields: { "campaign.code_format": expect.any(String) } });
  });
});

describe("an update", () => {
  test("changes what it names, one revision on, and is in force before it is answered", async () => {
    const { client, reached } = await serviceUnderTest();
    await client.createCampaign({ campaign: { ...running("summer"), name: "Old" } });
    const { campaign } = await client.updateCampaign({
      campaign: { id: "summer", name: "New", limits: { perUser: 2 } },
      updateMask: { paths: ["name"] },
      revision: 1,
    });
    expect(campaign).toMatchObject({ name: "New", limits: { perUser: 0 }, revision: 2 });
    expect(reached).toEqual(["prepare summer 1", "applied summer 2"]);
  });

  test("is not answered while a part of the store goes by the old revision", async () => {
    const { client, client2 } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    const push = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = client2({
      effects: {
        async applied() {
          begun.resolve();
          await push.promise;
        },
      },
    });
    let answered = false;
    const pausing = slow.pauseCampaign({ campaignId: "summer" }).then(() => {
      answered = true;
    });
    await begun.promise;
    expect((await client.getCampaign({ campaignId: "summer" })).campaign?.state).toBe(State.PAUSED);
    expect(answered).toBe(false);
    push.resolve();
    await pausing;
  });

  test("of two at once one wins, and the other learns the revision", async () => {
    const { client, client2 } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    for (let revision = 1; revision <= 10; revision++) {
      const racers = [client, client2({}), client, client2({})].map((racer, at) =>
        racer.updateCampaign({
          campaign: { id: "summer", name: `by ${at}` },
          updateMask: { paths: ["name"] },
          revision,
        }),
      );
      const results = await Promise.allSettled(racers);
      const winners = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(winners).toHaveLength(1);
      expect(winners[0]?.campaign?.revision).toBe(revision + 1);
      for (const [at, { status }] of results.entries()) {
        if (status === "fulfilled") continue;
        expect(await failureOf(racers[at]!)).toMatchObject({
          code: "Aborted",
          reason: "REVISION_MISMATCH",
          metadata: { revision: String(revision + 1) },
        });
      }
      const { campaign } = await client.getCampaign({ campaignId: "summer" });
      expect(campaign).toMatchObject({ revision: revision + 1, name: winners[0]?.campaign?.name });
    }
  });

  test("of an old revision is aborted, even if its values no longer fit", async () => {
    const { client } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    await client.updateCampaign({
      campaign: { id: "summer", prizes: [{ quota: 10 }, { quota: 5 }] },
      updateMask: { paths: ["prizes"] },
      revision: 1,
    });
    const old = { campaign: { id: "summer", prizes: [{ quota: 9 }] }, updateMask: { paths: ["prizes"] } };
    expect(await failureOf(client.updateCampaign({ ...old, revision: 1 }))).toMatchObject({
      code: "Aborted",
      metadata: { revision: "2" },
    });
    expect(await failureOf(client.updateCampaign({ ...old, revision: 2 }))).toMatchObject({
      code: "InvalidArgument",
      fields: { "campaign.prizes": expect.stringMatching(/"p2" is missing/) },
    });
  });

  test("that lowers a quota below what was issued leaves it there", async () => {
    const { client, issue } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer", 10) });
    await issue("summer", 6);
    const { campaign } = await client.updateCampaign({
      campaign: { id: "summer", prizes: [{ quota: 2 }] },
      updateMask: { paths: ["prizes"] },
      revision: 1,
    });
    expect(campaign).toMatchObject({ prizes: [{ quota: 6 }], stats: { issued: 6, remaining: 0 } });
  });

  test("shows the quota that was settled on its way into force", async () => {
    const { client, client2, clock, ledger } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    const settling = client2({
      effects: {
        async applied({ id, prizes }) {
          const settled = prizes.map((prize) => ({ ...prize, quota: 6 }));
          await ledger.changeCampaign(id, undefined, { prizes: settled, nowMs: clock.nowMs }, undefined);
        },
      },
    });
    const { campaign } = await settling.updateCampaign({
      campaign: { id: "summer", prizes: [{ quota: 2 }] },
      updateMask: { paths: ["prizes"] },
      revision: 1,
    });
    expect(campaign).toMatchObject({ prizes: [{ quota: 6 }], stats: { remaining: 6 } });
  });

  test("with validate_only shows what it would do", async () => {
    const { client } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    const request = {
      campaign: { id: "summer", name: "New", prizes: [{ quota: 9 }, {}] },
      updateMask: { paths: ["name", "prizes"] },
      revision: 1,
      validateOnly: true,
    };
    const { campaign } = await client.updateCampaign(request);
    expect(campaign).toMatchObject({ name: "New", revision: 2, prizes: [{ quota: 9 }, { id: "p2" }] });
    expect((await client.getCampaign({ campaignId: "summer" })).campaign).toMatchObject({
      name: "",
      revision: 1,
    });
    expect(await failureOf(client.updateCampaign({ ...request, revision: 7 }))).toMatchObject({
      reason: "REVISION_MISMATCH",
    });
  });
});

describe("pause, resume and end", () => {
  test("change a campaign once", async () => {
    const { client } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    const campaignId = "summer";
    const steps = [
      await client.resumeCampaign({ campaignId }),
      await client.pauseCampaign({ campaignId }),
      await client.pauseCampaign({ campaignId }),
      await client.resumeCampaign({ campaignId }),
      await client.endCampaign({ campaignId }),
      await client.endCampaign({ campaignId }),
      await client.resumeCampaign({ campaignId }),
      await client.pauseCampaign({ campaignId }),
    ];
    expect(steps.map(({ campaign }) => [State[campaign!.state], campaign!.revision])).toEqual([
      ["ACTIVE", 1],
      ["PAUSED", 2],
      ["PAUSED", 2],
      ["ACTIVE", 3],
      ["ENDED", 4],
      ["ENDED", 4],
      ["ENDED", 4],
      ["ENDED", 4],
    ]);
  });

  test("that change nothing still see to it that the last change is in force", async () => {
    const { client, client2, reached } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    const cut = client2({
      effects: {
        async applied() {
          throw new StoreUnavailable("gone");
        },
      },
    });
    expect(await failureOf(cut.pauseCampaign({ campaignId: "summer" }))).toMatchObject({
      code: "Unavailable",
      reason: "STORE_UNAVAILABLE",
      retries: true,
    });
    expect(reached).toEqual(["prepare summer 1"]);
    await client.pauseCampaign({ campaignId: "summer" });
    expect(reached).toEqual(["prepare summer 1", "applied summer 2"]);
  });

  test("asked for everywhere at once are done once", async () => {
    const { client, client2 } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    const clients = [client, client2({}), client, client2({})];
    const campaignId = "summer";
    const paused = await Promise.all(clients.map((one) => one.pauseCampaign({ campaignId })));
    const ended = await Promise.all(clients.map((one) => one.endCampaign({ campaignId })));
    const revisions = [...paused, ...ended].map(({ campaign }) => campaign?.revision);
    expect(revisions).toEqual([2, 2, 2, 2, 3, 3, 3, 3]);
  });
});

describe("a deleted campaign", () => {
  const notDeletable = { code: "FailedPrecondition", reason: "NOT_DELETABLE" };

  test("had ended, early or by itself, and is gone", async () => {
    const { client, clock, reached } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    await client.createCampaign({ campaign: running("winter") });
    expect(await failureOf(client.deleteCampaign({ campaignId: "summer" }))).toMatchObject(notDeletable);
    await client.endCampaign({ campaignId: "summer" });
    await client.deleteCampaign({ campaignId: "summer" });
    expect(reached.at(-1)).toBe("forget summer 3");
    clock.nowMs += 2 * HOUR_MS;
    await client.deleteCampaign({ campaignId: "winter" });
    for (const campaignId of ["summer", "winter"]) {
      for (const call of [
        client.getCampaign,
        client.pauseCampaign,
        client.endCampaign,
        client.deleteCampaign,
      ]) {
        expect(await failureOf(call({ campaignId }))).toMatchObject({
          code: "NotFound",
          reason: "CAMPAIGN_NOT_FOUND",
        });
      }
    }
    expect((await client.listCampaigns({})).campaigns).toEqual([]);
  });

  test("had all its coupons in the ledger", async () => {
    const { client, client2 } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    await client.endCampaign({ campaignId: "summer" });
    const behind = client2({ effects: { drained: async () => false } });
    expect(await failureOf(behind.deleteCampaign({ campaignId: "summer" }))).toMatchObject(notDeletable);
    expect((await client.getCampaign({ campaignId: "summer" })).campaign?.state).toBe(State.ENDED);
  });
});

describe("a list", () => {
  test("goes from the newest to the oldest, page by page, without stats", async () => {
    const { client } = await serviceUnderTest();
    for (let n = 0; n < 7; n++) await client.createCampaign({ campaign: running(`c${n}`) });
    const pages = [];
    let pageToken = "";
    do {
      const page = await client.listCampaigns({ pageSize: 3, pageToken });
      pages.push(page.campaigns.map(({ id }) => id));
      expect(page.campaigns.every(({ stats }) => stats === undefined)).toBe(true);
      pageToken = page.nextPageToken;
      // What is created meanwhile is newer, so it moves nothing.
      await client.createCampaign({ campaign: running(`late-${pages.length}`) });
    } while (pageToken !== "");
    expect(pages).toEqual([["c6", "c5", "c4"], ["c3", "c2", "c1"], ["c0"]]);
    const exact = await client.listCampaigns({ pageSize: 10 });
    expect([exact.campaigns.length, exact.nextPageToken]).toEqual([10, ""]);
  });

  test("has the states asked for, by the clock", async () => {
    const { client, clock } = await serviceUnderTest();
    const later = timestampFromMs(clock.nowMs + HOUR_MS / 2);
    await client.createCampaign({ campaign: running("active") });
    await client.createCampaign({ campaign: { ...running("scheduled"), startTime: later } });
    for (const id of ["paused", "ended"]) await client.createCampaign({ campaign: running(id) });
    await client.pauseCampaign({ campaignId: "paused" });
    await client.endCampaign({ campaignId: "ended" });
    const idsOf = async (...states: State[]) =>
      (await client.listCampaigns({ states })).campaigns.map(({ id }) => id);
    expect(await idsOf(State.ACTIVE)).toEqual(["active"]);
    expect(await idsOf(State.SCHEDULED, State.PAUSED)).toEqual(["paused", "scheduled"]);
    expect(await idsOf(State.ENDED, State.ENDED)).toEqual(["ended"]);
    expect(await idsOf()).toHaveLength(4);
    clock.nowMs += HOUR_MS / 2;
    expect(await idsOf(State.ACTIVE)).toEqual(["scheduled", "active"]);
    clock.nowMs += HOUR_MS;
    expect(await idsOf(State.ENDED)).toHaveLength(4);
  });

  test("refuses tokens of another list, sizes and states that are none", async () => {
    const { client } = await serviceUnderTest();
    for (const id of ["a", "b"]) await client.createCampaign({ campaign: running(id) });
    const { nextPageToken } = await client.listCampaigns({ pageSize: 1 });
    const states = [State.ACTIVE];
    for (const request of [{ pageToken: nextPageToken, states }, { pageToken: "x" }]) {
      expect(await failureOf(client.listCampaigns(request))).toMatchObject({
        code: "InvalidArgument",
        fields: { page_token: expect.any(String) },
      });
    }
    const bad = { pageSize: 1_001, pageToken: "x", states: [State.ENDED, State.UNSPECIFIED, 9 as State] };
    const { fields } = await failureOf(client.listCampaigns(bad));
    expect(Object.keys(fields)).toEqual(["states[1]", "states[2]", "page_size", "page_token"]);
  });
});

test("an unreachable ledger or store is an outage that asks to try again", async () => {
  const { client, client2 } = await serviceUnderTest();
  await client.createCampaign({ campaign: running("summer") });
  const lost = async () => {
    throw new LedgerUnavailable("gone");
  };
  const cut = client2({
    ledger: { campaign: lost, campaigns: lost, createCampaign: lost },
  });
  const calls = [
    cut.getCampaign({ campaignId: "summer" }),
    cut.listCampaigns({}),
    cut.createCampaign({ campaign: running("winter") }),
    cut.endCampaign({ campaignId: "summer" }),
  ];
  for (const call of calls) {
    expect(await failureOf(call)).toMatchObject({
      code: "Unavailable",
      reason: "LEDGER_UNAVAILABLE",
      retries: true,
    });
  }
});
