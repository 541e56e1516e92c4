import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Reason } from "../src/gen/allot/v1/refusal_pb.js";
import { failureOf } from "../src/rpc/campaign-service.fixture.ts";
import { type Clients, clientsOf } from "./client.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

let server: TestServer;
let clients: Clients;
beforeAll(async () => {
  server = await startAllot();
  clients = clientsOf(server.url);
});
afterAll(() => server.stop());

let count = 0;
const freshUser = () => `participant-${++count}`;
/** In the range of Korean mobile numbers. */
const freshNumber = () => `+8210${String(30_000_000 + ++count)}`;
const register = (userId: string, phoneNumber: string, requestId = "") =>
  clients.participants.registerParticipant({ userId, phoneNumber, requestId });
const get = async (userId: string) => (await clients.participants.getParticipant({ userId })).participant!;

async function campaign(more: object = {}): Promise<string> {
  const id = `participants-${++count}`;
  const endTime = timestampFromMs(Date.now() + 3_600_000);
  await clients.campaigns.createCampaign({
    campaign: { id, endTime, prizes: [{ quota: 100 }], limits: { perUser: 1 }, ...more },
  });
  return id;
}

/** "coupon", or why there is none. */
async function take(campaignId: string, userId: string): Promise<string> {
  const { outcome } = await clients.coupons.issueCoupon({ campaignId, userId });
  return outcome.case === "refusal" ? Reason[outcome.value.reason]! : outcome.case!;
}

describe("registering", () => {
  test("keeps the number in E.164 and finds the user by it, however it is spelled", async () => {
    const userId = freshUser();
    const startedMs = Date.now();
    const { participant } = await clients.participants.registerParticipant({
      userId,
      phoneNumber: "010-2345-6789",
      region: "KR",
    });
    expect(participant).toMatchObject({ userId, phoneNumber: "+821023456789", banned: false, banReason: "" });
    expect(timestampMs(participant!.registerTime!)).toBeGreaterThanOrEqual(startedMs - 1);
    expect(await get(userId)).toEqual(participant);
    for (const spelling of [
      { phoneNumber: "+82 10 2345 6789" },
      { phoneNumber: "01023456789", region: "KR" },
    ])
      expect((await clients.participants.getParticipant(spelling)).participant).toEqual(participant);
  });

  test("says what is wrong with each field, and repeats no number", async () => {
    const call = clients.participants.registerParticipant({
      userId: "é".repeat(65),
      phoneNumber: "010-2345-0000",
      region: "Korea",
      requestId: "x".repeat(129),
    });
    const failure = await failureOf(call);
    expect(failure.code).toBe("InvalidArgument");
    expect(Object.keys(failure.fields).toSorted()).toEqual(["region", "request_id", "user_id"]);
    const national = await failureOf(register("", "010-2345-0000"));
    expect(Object.keys(national.fields).toSorted()).toEqual(["phone_number", "user_id"]);
    expect(national.fields.phone_number).toMatch(/begin with \+/);
    expect(JSON.stringify([failure, national])).not.toContain("2345");
  });

  test("gives a number to one user, also where several register it at once", async () => {
    const phoneNumber = freshNumber();
    const users = Array.from({ length: 8 }, freshUser);
    const calls = users.map((userId) => register(userId, phoneNumber));
    const results = await Promise.allSettled(calls);
    const winners = users.filter((_, i) => results[i]!.status === "fulfilled");
    expect(winners).toHaveLength(1);
    for (const [i, call] of calls.entries()) {
      if (results[i]!.status === "fulfilled") continue;
      expect(await failureOf(call)).toMatchObject({ code: "AlreadyExists", reason: "PHONE_TAKEN" });
    }
    expect((await clients.participants.getParticipant({ phoneNumber })).participant?.userId).toBe(winners[0]);
  });

  test("again changes nothing; with another number that alone, and the first is free", async () => {
    const [userId, other] = [freshUser(), freshUser()];
    const [first, second] = [freshNumber(), freshNumber()];
    const { participant } = await register(userId, first);
    expect((await register(userId, first)).participant).toEqual(participant);
    expect((await register(userId, second)).participant).toEqual({ ...participant!, phoneNumber: second });
    expect((await register(other, first)).participant?.phoneNumber).toBe(first);
  });

  test("with a request id is done once, and answered alike whatever has happened since", async () => {
    const userId = freshUser();
    const [first, second] = [freshNumber(), freshNumber()];
    const answer = await register(userId, first, "registering");
    await register(userId, second);
    expect(await register(userId, first, "registering")).toEqual(answer);
    expect((await get(userId)).phoneNumber).toBe(second);
    expect(await failureOf(register(userId, second, "registering"))).toMatchObject({
      reason: "REQUEST_ID_REUSED",
    });
  });

  test("is asked for by campaigns that require it, and takes effect at once", async () => {
    const campaignId = await campaign({ requireRegistration: true });
    const userId = freshUser();
    expect(await take(campaignId, userId)).toBe("REGISTRATION_REQUIRED");
    await register(userId, freshNumber());
    expect(await take(campaignId, userId)).toBe("coupon");
    expect(await take(await campaign(), freshUser())).toBe("coupon");
  });
});

describe("getting", () => {
  test("takes one of the two ids, and tells who is not there", async () => {
    for (const request of [{}, { userId: "a", phoneNumber: "+821023456789" }])
      expect(await failureOf(clients.participants.getParticipant(request))).toMatchObject({
        fields: { user_id: expect.stringMatching(/not both/) },
      });
    for (const request of [{ userId: freshUser() }, { phoneNumber: freshNumber() }])
      expect(await failureOf(clients.participants.getParticipant(request))).toMatchObject({
        code: "NotFound",
        reason: "PARTICIPANT_NOT_FOUND",
      });
    expect(await failureOf(clients.participants.getParticipant({ phoneNumber: "12" }))).toMatchObject({
      fields: { phone_number: expect.any(String) },
    });
  });
});

describe("banning", () => {
  test("refuses the next request, keeps what the user has, and ends with the lifting", async () => {
    const [one, other] = [await campaign(), await campaign()];
    const userId = freshUser();
    await register(userId, freshNumber());
    expect(await take(one, userId)).toBe("coupon");
    const { participant } = await clients.participants.banParticipant({ userId, reason: "cheated" });
    expect(participant).toMatchObject({ userId, banned: true, banReason: "cheated" });
    expect(participant!.banTime).toBeDefined();
    expect(await take(other, userId)).toBe("BANNED");
    expect((await clients.coupons.listCoupons({ userId })).coupons).toHaveLength(1);
    const lifted = await clients.participants.unbanParticipant({ userId });
    expect(lifted.participant).toMatchObject({ userId, banned: false, banReason: "" });
    expect(lifted.participant!.banTime).toBeUndefined();
    expect(await take(other, userId)).toBe("coupon");
  });

  test("holds for users who never registered, before and after they do", async () => {
    const campaignId = await campaign();
    const userId = freshUser();
    const { participant } = await clients.participants.banParticipant({ userId });
    expect(participant).toMatchObject({ userId, banned: true, phoneNumber: "" });
    expect(participant!.registerTime).toBeUndefined();
    expect(await take(campaignId, userId)).toBe("BANNED");
    expect((await register(userId, freshNumber())).participant).toMatchObject({ banned: true });
    expect(await take(campaignId, userId)).toBe("BANNED");
    const nobody = freshUser();
    const { participant: lifted } = await clients.participants.unbanParticipant({ userId: nobody });
    expect(lifted).toMatchObject({ userId: nobody, banned: false });
  });

  test("with a request id does not ban again what was lifted since", async () => {
    const campaignId = await campaign();
    const userId = freshUser();
    const ban = { userId, requestId: `ban ${userId}` };
    const answer = await clients.participants.banParticipant(ban);
    await clients.participants.unbanParticipant({ userId });
    expect(await clients.participants.banParticipant(ban)).toEqual(answer);
    expect(await take(campaignId, userId)).toBe("coupon");
  });

  test("says what is wrong", async () => {
    const call = clients.participants.banParticipant({ reason: "🎁".repeat(201) });
    expect(Object.keys((await failureOf(call)).fields).toSorted()).toEqual(["reason", "user_id"]);
    const fits = { userId: freshUser(), reason: "🎁".repeat(200) };
    expect((await clients.participants.banParticipant(fits)).participant?.banReason).toBe(fits.reason);
  });
});

test("lists page in the order of registration, all or the banned ones", async () => {
  const users = Array.from({ length: 5 }, freshUser);
  for (const userId of users) await register(userId, freshNumber());
  const banned = [users[1]!, users[3]!];
  for (const userId of banned) await clients.participants.banParticipant({ userId });
  async function all(filter: { banned: boolean }): Promise<string[]> {
    const ids: string[] = [];
    let pageToken = "";
    do {
      const page = await clients.participants.listParticipants({ ...filter, pageSize: 2, pageToken });
      ids.push(...page.participants.map(({ userId }) => userId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return ids;
  }
  expect((await all({ banned: false })).slice(-5)).toEqual(users);
  expect((await all({ banned: true })).slice(-2)).toEqual(banned);
  const { nextPageToken } = await clients.participants.listParticipants({ pageSize: 1 });
  const elsewhere = { pageSize: 1, pageToken: nextPageToken, banned: true };
  expect(await failureOf(clients.participants.listParticipants(elsewhere))).toMatchObject({
    fields: { page_token: expect.any(String) },
  });
});

describe("erasing", () => {
  /** Every byte that the server has on disk. */
  const onDisk = () => {
    const folder = join(server.dir, "data");
    return Buffer.concat(readdirSync(folder).map((file) => readFileSync(join(folder, file))));
  };

  test("leaves no trace of user id and number on disk, and limits go on holding", async () => {
    const campaignId = await campaign();
    const userId = `erased-${"e".repeat(20)}-${freshUser()}`;
    const phoneNumber = freshNumber();
    await register(userId, phoneNumber, `register ${count}`);
    await clients.participants.banParticipant({ userId, reason: `reason of ${userId}`, requestId: "b" });
    await clients.participants.unbanParticipant({ userId });
    expect(await take(campaignId, userId)).toBe("coupon");
    const { coupons } = await clients.coupons.listCoupons({ userId });
    expect(coupons[0]).toMatchObject({ userId });
    expect(onDisk().includes(userId)).toBe(true);
    expect(onDisk().includes(phoneNumber)).toBe(false);

    await clients.participants.eraseParticipant({ userId, requestId: "e" });
    expect(onDisk().includes(userId)).toBe(false);
    expect(onDisk().includes(phoneNumber)).toBe(false);
    for (const request of [{ userId }, { phoneNumber }])
      expect(await failureOf(clients.participants.getParticipant(request))).toMatchObject({
        reason: "PARTICIPANT_NOT_FOUND",
      });
    const [same] = (await clients.coupons.listCoupons({ campaignId })).coupons;
    expect(same).toEqual({ ...coupons[0]!, userId: "" });
    // The same coupon again, and no second one.
    expect(await take(campaignId, userId)).toBe("coupon");
    expect((await clients.campaigns.getCampaign({ campaignId })).campaign!.stats!.issued).toBe(1);
    // Repeats bring nothing back.
    await clients.participants.eraseParticipant({ userId, requestId: "e" });
    await clients.participants.eraseParticipant({ userId });
    expect(await failureOf(register(userId, phoneNumber, `register ${count}`))).toMatchObject({
      reason: "REQUEST_ID_REUSED",
    });
    expect((await register(userId, phoneNumber)).participant).toMatchObject({ userId, phoneNumber });
  });

  test("keeps a ban, which can still be lifted", async () => {
    const campaignId = await campaign();
    const userId = freshUser();
    await register(userId, freshNumber());
    await clients.participants.banParticipant({ userId, reason: "cheated" });
    await clients.participants.eraseParticipant({ userId });
    expect(await take(campaignId, userId)).toBe("BANNED");
    expect(await get(userId)).toMatchObject({ userId: "", phoneNumber: "", banned: true, banReason: "" });
    await clients.participants.unbanParticipant({ userId });
    expect(await take(campaignId, userId)).toBe("coupon");
  });
});
