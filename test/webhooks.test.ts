import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EVENT_TYPES } from "../src/events/event-type.ts";
import { Receiver } from "../src/flows/webhooks/receiver.fixture.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let server: TestServer;
let receiver: Receiver;
beforeEach(async () => {
  server = await startAllot();
  receiver = await Receiver.start();
  const args = [program, "webhooks", "add", receiver.url, "--types", EVENT_TYPES.join()];
  const env = { ...process.env, ALLOT_DATA: join(server.dir, "data") };
  await promisify(execFile)(process.execPath, args, { env });
});
afterEach(async () => {
  await receiver.stop();
  await server.stop();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of many methods, of which each test knows its own.
async function call(method: string, request: object): Promise<any> {
  const response = await fetch(`${server.url}/allot.v1.${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const answer = await response.json();
  expect([response.status, answer]).toEqual([200, answer]);
  return answer;
}

async function create(campaign: object): Promise<void> {
  const endTime = new Date(Date.now() + 3_600_000).toISOString();
  await call("CampaignService/CreateCampaign", { campaign: { endTime, ...campaign } });
}

const told = () => receiver.accepted.map(({ event }) => [event.type, event.subject, event.data]);

test("draws, tickets and bans are told by the names that callers know them by", async () => {
  await create({
    id: "win",
    instantWin: {},
    prizes: [{ id: "sure", oddsPpm: 1_000_000 }],
    limits: { perUserPerDay: 2 },
  });
  await create({ id: "raffle", raffle: { tickets: 3 }, prizes: [{ id: "bag", quota: 1 }] });
  const draws = [];
  for (const requestId of ["1", "2"])
    draws.push((await call("DrawService/Draw", { campaignId: "win", userId: "u", requestId })).draw);
  const tickets = [];
  for (const userId of ["a", "b", "c"])
    tickets.push((await call("RaffleService/ClaimTicket", { campaignId: "raffle", userId })).ticket);
  await call("RaffleService/DrawWinners", { campaignId: "raffle" });
  await call("ParticipantService/BanParticipant", { userId: "u", reason: "a bot" });
  await expect.poll(() => receiver.accepted.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(8);
  const of = (campaignId: string | undefined) =>
    told().filter(([, , data]) => (data as { campaignId?: string }).campaignId === campaignId);
  expect(of("win")).toEqual(
    draws.map(({ coupon: { code }, date, number }) => [
      ...["allot.draw.won", code],
      { campaignId: "win", code, prizeId: "sure", date, number, userId: "u" },
    ]),
  );
  expect(of("raffle").slice(0, 4)).toEqual([
    ...tickets.map(({ number, userId }) => [
      ...["allot.ticket.claimed", String(number)],
      { campaignId: "raffle", number, userId },
    ]),
    ["allot.winners.drawn", undefined, { campaignId: "raffle", tickets: 3, winners: 1 }],
  ]);
  expect(of(undefined)).toEqual([["allot.user.banned", undefined, { userId: "u" }]]);
});

test("what becomes of coupons, ballots and rounds is told after them", { timeout: 60_000 }, async () => {
  await create({ id: "cafe", prizes: [{ id: "cake", quota: 2 }] });
  const coupons = [];
  for (const userId of ["ada", "grace"])
    coupons.push(
      (await call("CouponService/IssueCoupon", { campaignId: "cafe", userId, requestId: "1" })).coupon,
    );
  const [first, second] = coupons.map(({ code }) => code);
  await call("CouponService/ReserveCoupon", { code: first, orderId: "order-1" });
  await call("CouponService/ConfirmCoupon", { code: first, orderId: "order-1" });
  const reason = "not of age";
  await call("CouponService/RevokeCoupon", { code: second, reason, returnQuota: true });
  await create({ id: "daily", lottery: {}, prizes: [{ id: "pot", quota: 1 }] });
  const { ballot } = await call("LotteryService/SubmitBallot", { campaignId: "daily", userId: "ada" });
  await call("CampaignService/EndCampaign", { campaignId: "daily" });
  const of = (id: string) =>
    told().flatMap(([type, subject, data]) =>
      (data as { campaignId?: string }).campaignId === id ? [[type, subject, data]] : [],
    );
  await expect
    .poll(() => of("cafe").length + of("daily").length, { timeout: 30_000 })
    .toBeGreaterThanOrEqual(7);
  const about = (code: string, userId: string) => ({ campaignId: "cafe", code, prizeId: "cake", userId });
  expect(of("cafe")).toEqual(
    expect.arrayContaining([
      ["allot.coupon.issued", first, about(first, "ada")],
      ["allot.coupon.issued", second, about(second, "grace")],
      ["allot.coupon.redeemed", first, { ...about(first, "ada"), orderId: "order-1" }],
      ["allot.coupon.revoked", second, { ...about(second, "grace"), reason, quotaReturned: true }],
    ]),
  );
  const types = of("daily").map(([type]) => type);
  expect(types[0]).toBe("allot.ballot.submitted");
  expect(types.toSorted()).toEqual(["allot.ballot.submitted", "allot.campaign.ended", "allot.round.closed"]);
  const { id, date, number } = ballot;
  expect(of("daily")[0]).toEqual([
    ...["allot.ballot.submitted", id],
    { campaignId: "daily", id, date, number, userId: "ada" },
  ]);
});

test("what a receiver missed comes when it is back, of a campaign that was deleted meanwhile, too", {
  timeout: 60_000,
}, async () => {
  receiver.behave = () => 503;
  await create({ id: "gone", prizes: [{ id: "bag", quota: 5 }], limits: { perUser: 1 } });
  const { coupon } = await call("CouponService/IssueCoupon", { campaignId: "gone", userId: "u" });
  await expect.poll(() => receiver.turnedAway.length).toBeGreaterThan(0);
  await call("CampaignService/EndCampaign", { campaignId: "gone" });
  await call("CampaignService/DeleteCampaign", { campaignId: "gone" });
  await server.kill();
  await server.restart();
  receiver.behave = () => 200;
  await expect.poll(() => told().length, { timeout: 40_000 }).toBeGreaterThanOrEqual(2);
  const userId = "u";
  expect(told()).toEqual([
    ["allot.coupon.issued", coupon.code, { campaignId: "gone", code: coupon.code, prizeId: "bag", userId }],
    ["allot.campaign.ended", undefined, { campaignId: "gone", by: "manager" }],
  ]);
});
