import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAllot } from "../servers/allot.ts";
import type { TestServer } from "../servers/test-server.ts";
import { allClients } from "./all-clients.ts";
import type { Client } from "./client.ts";

const DAY_MS = 86_400_000;

let target: TestServer;
beforeAll(async () => {
  target = await startAllot();
});
afterAll(() => target.stop());

describe.each(Object.entries(allClients))("%s", (name, connect) => {
  const prefix = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  let client: Client;
  beforeAll(async () => {
    client = await connect(target.url);
    // What a client needs may have to be installed first.
  }, 180_000);
  afterAll(() => client.close());

  async function create(id: string, settings: object): Promise<string> {
    const endTime = new Date(Date.now() + DAY_MS).toISOString();
    const campaign = { id: `${prefix}-${id}`, endTime, ...settings } as JsonObject;
    expect(await client.call("CampaignService/CreateCampaign", { campaign })).toHaveProperty("ok");
    return campaign.id as string;
  }
  const refused = (reason: string) => ({ ok: { refusal: { reason: `REASON_${reason}` } } });
  const failed = (code: string, reason: string) => ({ code, reason });

  test("a lottery: ballots, the open round, one that is over and one that never is", async () => {
    const campaignId = await create("lottery", {
      startTime: new Date(Date.now() - 2 * DAY_MS).toISOString(),
      lottery: {},
      prizes: [{ quota: 1 }],
    });
    const submit = (userId: string, more: JsonObject = {}) =>
      client.call("LotteryService/SubmitBallot", { campaignId, userId, ...more });
    const ballot = { id: expect.any(String), date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), number: 1 };
    const first = await submit("u1");
    expect(first).toMatchObject({ ok: { ballot: { ...ballot, userId: "u1" } } });
    const submitted = (first as { ok: { ballot: { date: string } } }).ok.ballot;
    expect(await submit("u1")).toMatchObject({ ok: { ballot: submitted, replayed: true } });
    const { date } = submitted;
    const open = { campaignId, date, state: "STATE_OPEN", secretCommitment: expect.any(String) };
    expect(await client.call("LotteryService/GetRound", { campaignId })).toMatchObject({
      ok: { round: open },
    });
    await expect
      .poll(() => client.call("LotteryService/ListBallots", { campaignId, date }))
      .toMatchObject({ ok: { ballots: [submitted] } });

    const yesterday = new Date(Date.parse(date) - DAY_MS).toISOString().slice(0, 10);
    expect(await submit("u2", { date: yesterday })).toMatchObject(refused("ROUND_SEALED"));
    await expect
      .poll(() => client.call("LotteryService/GetRound", { campaignId, date: yesterday }))
      .toMatchObject({ ok: { round: { state: "STATE_DRAWN", revealedSecret: expect.any(String) } } });
    const close = (day: string) => client.call("LotteryService/CloseRound", { campaignId, date: day });
    expect(await close(yesterday)).toMatchObject(refused("ALREADY_DRAWN"));
    expect(await close(date)).toEqual(failed("FAILED_PRECONDITION", "ROUND_OPEN"));
    expect(await close("1999-01-01")).toEqual(failed("NOT_FOUND", "ROUND_NOT_FOUND"));
    expect(await client.call("LotteryService/ListRounds", { campaignId, pageSize: 1 })).toMatchObject({
      ok: { rounds: [{ date }], nextPageToken: expect.any(String) },
    });
  });

  test("a code pool: codes brought along, assigned, listed and deleted", async () => {
    const campaignId = await create("pool", { codePool: { imported: true } });
    const codes = ["가", "나", "다"].map((one) => `${prefix}-${one}`);
    const upload = (uploadId: string, lines: string[]) =>
      client.call("CodePoolService/ImportCodes", { campaignId, uploadId, codes: lines, chunks: 1 });
    expect(await upload("twice", [...codes, codes[1]!])).toMatchObject({
      ok: { duplicates: [{ line: 4, code: codes[1], firstLine: 2 }] },
    });
    expect(await upload("once", codes)).toMatchObject({ ok: { imported: 3, receivedChunks: 1 } });
    const assign = () => client.call("CodePoolService/AssignCode", { campaignId, userId: "u1" });
    const coupon = { campaignId, code: codes[0], userId: "u1" };
    expect(await assign()).toMatchObject({ ok: { coupon } });
    expect(await assign()).toMatchObject({ ok: { coupon, replayed: true } });
    const remove = (code: string) => client.call("CodePoolService/DeleteCode", { code });
    expect(await remove(codes[0]!)).toMatchObject(refused("ASSIGNED"));
    expect(await remove(codes[2]!)).toMatchObject({ ok: { code: { state: "STATE_DELETED" } } });
    expect(await remove("nonsense")).toEqual(failed("NOT_FOUND", "COUPON_NOT_FOUND"));
    const list = (states: string[]) => client.call("CodePoolService/ListCodes", { campaignId, states });
    await expect
      .poll(() => list(["STATE_ASSIGNED", "STATE_FREE"]))
      .toMatchObject({
        ok: {
          codes: [
            { state: "STATE_ASSIGNED", ...coupon },
            { state: "STATE_FREE", code: codes[1] },
          ],
        },
      });
  });

  test("redemption: one order holds a coupon, uses it, and nobody else does", async () => {
    const campaignId = await create("redeem", { prizes: [{ quota: 2 }], limits: { perUser: 1 } });
    async function issue(userId: string): Promise<string> {
      const issued = await client.call("CouponService/IssueCoupon", { campaignId, userId });
      return (issued as { ok: { coupon: { code: string } } }).ok.coupon.code;
    }
    const on =
      (code: string) =>
      (what: string, orderId: string, more: JsonObject = {}) =>
        client.call(`CouponService/${what}Coupon`, { code, orderId, ...more });
    const act = on(await issue("u1"));
    const is = (state: string, orderId: string) => ({ ok: { coupon: { state: `STATE_${state}`, orderId } } });

    expect(await act("Reserve", "o1", { userId: "u2", ttl: "60s" })).toMatchObject(refused("NOT_OWNER"));
    expect(await act("Confirm", "o1")).toMatchObject(refused("RESERVATION_LAPSED"));
    expect(await act("Reserve", "o1", { userId: "u1", ttl: "60s" })).toMatchObject(is("RESERVED", "o1"));
    const held = { reason: "REASON_COUPON_RESERVED", retryTime: expect.any(String) };
    expect(await act("Reserve", "o2")).toMatchObject({ ok: { refusal: held } });
    expect(await act("Confirm", "o2")).toMatchObject(refused("COUPON_RESERVED"));
    expect(await act("Confirm", "o1")).toMatchObject(is("REDEEMED", "o1"));
    expect(await act("Confirm", "o1")).toMatchObject({ ok: { replayed: true } });
    expect(await act("Redeem", "o3")).toMatchObject(refused("ALREADY_REDEEMED"));

    const other = await issue("u2");
    expect(await on(other)("Redeem", "o1")).toMatchObject(is("REDEEMED", "o1"));
    const revoke = { code: other, reason: "sent to the wrong person" };
    expect(await client.call("CouponService/RevokeCoupon", revoke)).toMatchObject({
      ok: { coupon: { state: "STATE_REVOKED", revokeReason: revoke.reason } },
    });
    expect(await on("nonsense")("Redeem", "o1")).toEqual(failed("NOT_FOUND", "COUPON_NOT_FOUND"));
  });

  test("a participant: registered, found by phone, banned, unbanned and erased", async () => {
    const campaignId = await create("known", { prizes: [{ quota: 5 }], requireRegistration: true });
    const userId = `${prefix}-김`;
    const number = `010-2345-67${10 + Object.keys(allClients).indexOf(name)}`;
    const phone = { phoneNumber: number, region: "KR" };
    const phoneNumber = `+82${number.slice(1).replaceAll("-", "")}`;
    const act = (what: string, request: JsonObject) =>
      client.call(`ParticipantService/${what}Participant`, request);
    const issue = () => client.call("CouponService/IssueCoupon", { campaignId, userId, requestId: "1" });

    expect(await issue()).toMatchObject(refused("REGISTRATION_REQUIRED"));
    expect(await act("Register", { userId, ...phone })).toMatchObject({
      ok: { participant: { phoneNumber } },
    });
    const taken = await act("Register", { userId: `${userId}-2`, ...phone });
    expect(taken).toEqual(failed("ALREADY_EXISTS", "PHONE_TAKEN"));
    expect(await act("Get", phone)).toMatchObject({ ok: { participant: { userId } } });
    expect(await act("Ban", { userId, reason: "forty accounts" })).toMatchObject({
      ok: { participant: { banned: true, banReason: "forty accounts" } },
    });
    expect(await issue()).toMatchObject(refused("BANNED"));
    expect(await client.call("ParticipantService/ListParticipants", { banned: true })).toMatchObject({
      ok: { participants: [{ userId }] },
    });
    expect(await act("Unban", { userId })).toMatchObject({ ok: { participant: { userId } } });
    expect(await issue()).toMatchObject({ ok: { coupon: { userId } } });
    expect(await act("Erase", { userId })).toEqual({ ok: {} });
    expect(await act("Get", { userId })).toEqual(failed("NOT_FOUND", "PARTICIPANT_NOT_FOUND"));
  });
});
