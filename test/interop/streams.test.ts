import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAllot } from "../servers/allot.ts";
import type { TestServer } from "../servers/test-server.ts";
import { allClients } from "./all-clients.ts";
import type { Client } from "./client.ts";

const { "Connect JSON by fetch, HTTP/1.1": _, ...clientsWithStreams } = allClients;

let target: TestServer;
beforeAll(async () => {
  target = await startAllot();
});
afterAll(() => target.stop());

describe.each(Object.entries(clientsWithStreams))("%s", (name, connect) => {
  const prefix = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  let client: Client;
  beforeAll(async () => {
    client = await connect(target.url);
    // What a client needs may have to be installed first.
  }, 180_000);
  afterAll(() => client.close());

  async function create(id: string, settings: JsonObject): Promise<string> {
    const endTime = new Date(Date.now() + 3_600_000).toISOString();
    const campaign = { id: `${prefix}-${id}`, endTime, ...settings };
    expect(await client.call("CampaignService/CreateCampaign", { campaign })).toHaveProperty("ok");
    return campaign.id;
  }

  test("GenerateCodes tells how far it has come, to its end", async () => {
    const campaignId = await create("pool", { codePool: {} });
    const request = { campaignId, count: 150_000, requestId: campaignId };
    const generated = { generated: 150_000, count: 150_000 };
    expect(await client.stream!("CodePoolService/GenerateCodes", request, 1_000)).toEqual({
      ok: [{ generated: 100_000, count: 150_000 }, generated],
    });
    expect(await client.call("CodePoolService/AssignCode", { campaignId, userId: "u1" })).toMatchObject({
      ok: { coupon: { campaignId, userId: "u1", code: expect.any(String) } },
    });
    expect(await client.call("CampaignService/GetCampaign", { campaignId })).toMatchObject({
      ok: { campaign: { stats: { issued: 1, remaining: 149_999 } } },
    });
  });

  test("WatchCampaign tells the figures at once", async () => {
    const campaignId = await create("watched", { prizes: [{ quota: 5 }] });
    await client.call("CouponService/IssueCoupon", { campaignId, userId: "u1", requestId: "1" });
    const stats = { issued: 1, remaining: 4, prizes: [{ prizeId: "p1", issued: 1, remaining: 4 }] };
    expect(await client.stream!("CampaignService/WatchCampaign", { campaignId }, 1)).toMatchObject({
      ok: [{ time: expect.any(String), state: "STATE_ACTIVE", stats }],
    });
  });

  test("errors come with their code and reason", async () => {
    const watched = await client.stream!("CampaignService/WatchCampaign", { campaignId: "nowhere" }, 1);
    expect(watched).toEqual({ code: "NOT_FOUND", reason: "CAMPAIGN_NOT_FOUND" });
    const made = await client.stream!(
      "CodePoolService/GenerateCodes",
      { campaignId: "nowhere", count: 1 },
      1,
    );
    expect(made).toEqual({ code: "INVALID_ARGUMENT", reason: "INVALID_ARGUMENT" });
  });
});
