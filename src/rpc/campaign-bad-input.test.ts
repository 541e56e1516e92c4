import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import type { CampaignSchema } from "../gen/allot/v1/campaign_pb.js";
import { failureOf, HOUR_MS, running, serviceUnderTest } from "./campaign-service.fixture.ts";

type Init = MessageInitShape<typeof CampaignSchema>;

const nowMs = Date.now();

describe("CreateCampaign refuses by name:", () => {
  test.each<[string, Init, string[]]>([
    ["nothing at all", { endTime: undefined, prizes: [] }, ["campaign.end_time", "campaign.prizes"]],
    ["a bad id", { id: "Summer Sale" }, ["campaign.id"]],
    ["an over-long name", { name: "x".repeat(201) }, ["campaign.name"]],
    ["an over-long prize id", { prizes: [{ id: "x".repeat(64) }] }, ["campaign.prizes[0].id"]],
    ["a quota of zero", { prizes: [{ quota: 1 }, { quota: 0 }] }, ["campaign.prizes[1].quota"]],
    ["a daily quota of zero", { prizes: [{ dailyQuota: 0 }] }, ["campaign.prizes[0].daily_quota"]],
    ["an end before the start", { startTime: timestampFromMs(nowMs + 2 * HOUR_MS) }, ["campaign.end_time"]],
    ["an end in the past", { endTime: timestampFromMs(nowMs - HOUR_MS) }, ["campaign.end_time"]],
    ["an unknown time zone", { timeZone: "Middle/Earth" }, ["campaign.time_zone"]],
    ["an alphabet with repeats", { codeFormat: { alphabet: "AAB" } }, ["campaign.code_format.alphabet"]],
    ["combining characters", { codeFormat: { alphabet: "가나\u0301" } }, ["campaign.code_format.alphabet"]],
    [
      "decomposed Hangul",
      { codeFormat: { alphabet: "각가".normalize("NFD") } },
      ["campaign.code_format.alphabet"],
    ],
    [
      "a space too small for the quota",
      { prizes: [{ quota: 1_000_000 }], codeFormat: { alphabet: "0123456789", length: 10 } },
      ["campaign.code_format.length"],
    ],
    ["more partitions than the service has", { partitions: 5 }, ["campaign.partitions"]],
    [
      "a limit per address over partitions",
      { partitions: 2, limits: { perAddress: 1 } },
      ["campaign.limits.per_address"],
    ],
  ])("%s", async (_, init, fields) => {
    const { client, reached } = await serviceUnderTest();
    const campaign = { ...running("summer"), ...init } as Init;
    for (const validateOnly of [true, false]) {
      const failure = await failureOf(client.createCampaign({ campaign, validateOnly }));
      expect(failure).toMatchObject({ code: "InvalidArgument", reason: "INVALID_ARGUMENT", retries: false });
      expect(Object.keys(failure.fields).sort()).toEqual(fields);
    }
    expect(reached).toEqual([]);
    expect(await failureOf(client.createCampaign({}))).toMatchObject({
      fields: { campaign: "It is required." },
    });
    await client.createCampaign({ campaign: running("still-at-work") });
  });
});

describe("UpdateCampaign refuses by name:", () => {
  test.each<[string, string[], Init, string]>([
    ["an unknown field", ["colour"], {}, "update_mask.paths[0]"],
    ["a fixed field", ["name", "code_format"], {}, "update_mask.paths[1]"],
    ["a start after it", ["start_time"], { startTime: timestampFromMs(nowMs) }, "campaign.start_time"],
    ["another zone after the start", ["time_zone"], { timeZone: "Asia/Seoul" }, "campaign.time_zone"],
    ["an end in the past", ["end_time"], { endTime: timestampFromMs(nowMs - 1) }, "campaign.end_time"],
    ["a quota of zero", ["prizes"], { prizes: [{ quota: 0 }] }, "campaign.prizes[0].quota"],
    ["no prizes", ["prizes"], { prizes: [] }, "campaign.prizes"],
    ["a quota beyond the codes", ["prizes"], { prizes: [{ quota: 4_000_000_000 }] }, "campaign.prizes"],
  ])("%s", async (_, paths, init, field) => {
    const { client } = await serviceUnderTest();
    const { campaign: before } = await client.createCampaign({ campaign: running("summer") });
    for (const validateOnly of [true, false]) {
      const campaign = { id: "summer", ...init } as Init;
      const update = client.updateCampaign({ campaign, updateMask: { paths }, revision: 1, validateOnly });
      const failure = await failureOf(update);
      expect(failure).toMatchObject({ code: "InvalidArgument", reason: "INVALID_ARGUMENT" });
      expect(Object.keys(failure.fields)).toContain(field);
    }
    expect((await client.getCampaign({ campaignId: "summer" })).campaign).toEqual(before);
  });

  test("a campaign that does not exist, unless the request makes no sense anyway", async () => {
    const { client } = await serviceUnderTest();
    const update = { campaign: { id: "nowhere" }, updateMask: { paths: ["name"] }, revision: 1 };
    expect(await failureOf(client.updateCampaign(update))).toMatchObject({
      code: "NotFound",
      reason: "CAMPAIGN_NOT_FOUND",
    });
    const { code, fields } = await failureOf(client.updateCampaign({ ...update, revision: 0 }));
    expect([code, Object.keys(fields)]).toEqual(["InvalidArgument", ["revision"]]);
  });

  test("an ended campaign", async () => {
    const { client } = await serviceUnderTest();
    await client.createCampaign({ campaign: running("summer") });
    await client.endCampaign({ campaignId: "summer" });
    const update = { campaign: { id: "summer", name: "x" }, updateMask: { paths: ["name"] }, revision: 2 };
    expect((await failureOf(client.updateCampaign(update))).fields).toEqual({
      campaign: "It has ended: nothing can be changed any more.",
    });
  });
});

test("an id that can't be one is an invalid campaign_id everywhere, one that is not there not found", async () => {
  const { client } = await serviceUnderTest();
  const calls = [
    client.getCampaign,
    client.pauseCampaign,
    client.resumeCampaign,
    client.endCampaign,
    client.deleteCampaign,
  ];
  for (const call of calls) {
    for (const campaignId of ["", "Ä", "x".repeat(10_000)]) {
      const { code, fields } = await failureOf(call({ campaignId }));
      expect([code, Object.keys(fields)]).toEqual(["InvalidArgument", ["campaign_id"]]);
    }
    expect(await failureOf(call({ campaignId: "nowhere" }))).toMatchObject({
      code: "NotFound",
      reason: "CAMPAIGN_NOT_FOUND",
    });
  }
});
