import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAllot } from "../servers/allot.ts";
import type { TestServer } from "../servers/test-server.ts";
import { allClients } from "./all-clients.ts";
import type { Client } from "./client.ts";

let target: TestServer;
beforeAll(async () => {
  target = await startAllot();
});
afterAll(() => target.stop());

describe.each(Object.entries(allClients))("%s", (name, connect) => {
  const campaignId = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  let client: Client;
  beforeAll(async () => {
    client = await connect(target.url);
    // What a client needs may have to be installed first.
  }, 180_000);
  afterAll(() => client.close());

  test("a campaign of two coupons, from the first to the refusal", async () => {
    const endTime = new Date(Date.now() + 3_600_000).toISOString();
    const campaign = {
      id: campaignId,
      name: "쿠폰",
      endTime,
      prizes: [{ quota: 2 }],
      limits: { perUser: 1 },
    };
    expect(await client.call("CampaignService/CreateCampaign", { campaign })).toMatchObject({
      ok: { campaign: { id: campaignId, name: "쿠폰", prizes: [{ quota: 2 }] } },
    });

    const issue = (userId: string) => client.call("CouponService/IssueCoupon", { campaignId, userId });
    const first = await issue("u1");
    expect(first).toMatchObject({ ok: { coupon: { campaignId, userId: "u1", code: expect.any(String) } } });
    const { coupon } = (first as { ok: { coupon: { code: string } } }).ok;
    expect(await issue("u1")).toMatchObject({ ok: { coupon: { code: coupon.code }, replayed: true } });
    expect(await issue("u2")).toMatchObject({ ok: { coupon: { userId: "u2" } } });
    expect(await client.call("CouponService/GetCoupon", { code: coupon.code })).toMatchObject({
      ok: { coupon: { code: coupon.code, userId: "u1" } },
    });
    expect(await client.call("CouponService/ListCoupons", { campaignId })).toMatchObject({
      ok: { coupons: [{ userId: "u1" }, { userId: "u2" }] },
    });
    expect(await issue("u3")).toMatchObject({ ok: { refusal: { reason: "REASON_SOLD_OUT" } } });
  });

  test("an instant win and a raffle, from the first to the last", async () => {
    const endTime = new Date(Date.now() + 3_600_000).toISOString();
    const wheel = `${campaignId}-wheel`;
    const created = await client.call("CampaignService/CreateCampaign", {
      campaign: { id: wheel, endTime, instantWin: {}, prizes: [{ quota: 1, oddsPpm: 1_000_000 }] },
    });
    expect(created).toMatchObject({ ok: { campaign: { secretCommitment: expect.any(String) } } });
    const draw = (userId: string) => client.call("DrawService/Draw", { campaignId: wheel, userId });
    const won = { prizeId: "p1", number: 1, coupon: { code: expect.any(String) } };
    expect(await draw("u1")).toMatchObject({ ok: { draw: { userId: "u1", ...won } } });
    expect(await draw("u1")).toMatchObject({ ok: { draw: won, replayed: true } });
    const lost = await draw("u2");
    expect(lost).toMatchObject({ ok: { draw: { userId: "u2", number: 1 } } });
    expect(lost).not.toMatchObject({ ok: { draw: { coupon: {} } } });

    const raffle = `${campaignId}-raffle`;
    await client.call("CampaignService/CreateCampaign", {
      campaign: { id: raffle, endTime, raffle: { tickets: 1 }, prizes: [{ quota: 1 }] },
    });
    const winners = () => client.call("RaffleService/DrawWinners", { campaignId: raffle });
    expect(await winners()).toMatchObject({ ok: { refusal: { reason: "REASON_TICKETS_REMAIN" } } });
    const claimed = await client.call("RaffleService/ClaimTicket", { campaignId: raffle, userId: "u1" });
    expect(claimed).toMatchObject({ ok: { ticket: { number: 1, code: expect.any(String) } } });
    expect(await winners()).toMatchObject({ ok: { draw: { tickets: 1, winners: 1 } } });
    expect(await client.call("RaffleService/ListWinners", { campaignId: raffle })).toMatchObject({
      ok: { winners: [{ rank: 1, ticketNumber: 1, prizeId: "p1", userId: "u1" }] },
    });
    const { code } = (claimed as { ok: { ticket: { code: string } } }).ok.ticket;
    const verify = (shown: string) =>
      client.call("RaffleService/VerifyTicket", { campaignId: raffle, number: 1, code: shown });
    expect(await verify(code)).toMatchObject({ ok: { ticket: { number: 1, prizeId: "p1" } } });
    expect(await verify("WRONG")).toEqual({ code: "NOT_FOUND", reason: "TICKET_NOT_FOUND" });
  });

  test("a batch of several users, each with an outcome of its own", async () => {
    const id = `${campaignId}-batch`;
    const endTime = new Date(Date.now() + 3_600_000).toISOString();
    await client.call("CampaignService/CreateCampaign", {
      campaign: { id, endTime, prizes: [{ quota: 1 }], limits: { perUser: 1 } },
    });
    const requests = [
      { campaignId: id, userId: "민수" },
      { campaignId: id, userId: "민수" },
      { campaignId: id, userId: "u2" },
      { campaignId: "nowhere", userId: "u1" },
    ];
    expect(await client.call("CouponService/IssueCoupons", { requests })).toMatchObject({
      ok: {
        results: [
          { coupon: { campaignId: id, userId: "민수", code: expect.any(String) } },
          { coupon: { userId: "민수" }, replayed: true },
          { refusal: { reason: "REASON_SOLD_OUT" } },
          { error: { reason: "CAMPAIGN_NOT_FOUND" } },
        ],
      },
    });
    expect(await client.call("CouponService/IssueCoupons", { requests: [] })).toEqual({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_ARGUMENT",
    });
  });

  test("errors come with their code and reason", async () => {
    expect(await client.call("CouponService/IssueCoupon", { campaignId: "nowhere", userId: "u1" })).toEqual({
      code: "NOT_FOUND",
      reason: "CAMPAIGN_NOT_FOUND",
    });
    expect(await client.call("CouponService/IssueCoupon", { campaignId })).toEqual({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_ARGUMENT",
    });
  });
});
