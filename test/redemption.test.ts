import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RetryInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../src/rpc/errors.ts";
import { type Clients, clientsOf } from "./client.ts";
import {
  brief,
  createCampaign,
  errorOf,
  issue,
  redeemsByThePort,
  revokesByThePort,
} from "./redemption/contract.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

describe("redemption, embedded", () => {
  let server: TestServer;
  let clients: Clients;
  beforeAll(async () => {
    server = await startAllot();
    clients = clientsOf(server.url);
  });
  afterAll(() => server.stop());

  redeemsByThePort(() => [clients, clients]);
  revokesByThePort(() => [clients, clients]);

  test("killed between reserving and confirming, the server finds the reservation again", async () => {
    const campaignId = await createCampaign(clients);
    const { code } = await issue(clients, campaignId, "ann");
    await clients.coupons.reserveCoupon({ code, orderId: "1" });
    await server.kill();
    await server.restart();
    expect(brief(await clients.coupons.redeemCoupon({ code, orderId: "2" }))).toBe("COUPON_RESERVED");
    expect(brief(await clients.coupons.confirmCoupon({ code, orderId: "1" }))).toBe("REDEEMED");
  });
});

test("who asks about too many wrong codes has to wait, with right ones too", async () => {
  const server = await startAllot({ env: { ALLOT_WRONG_CODES_PER_MINUTE: "3" } });
  try {
    const clients = clientsOf(server.url);
    const campaignId = await createCampaign(clients);
    const { code } = await issue(clients, campaignId, "ann");
    for (const ask of [
      () => clients.coupons.redeemCoupon({ code: "WRONG00000", orderId: "1" }),
      () => clients.coupons.getCoupon({ code: "WRONG00000" }),
      () => clients.coupons.revokeCoupon({ code: "WRONG00000", reason: "x" }),
    ])
      expect(reasonOf(await errorOf(ask()))).toBe("COUPON_NOT_FOUND");
    const limited = await errorOf(clients.coupons.redeemCoupon({ code, orderId: "1" }));
    expect([limited.code, reasonOf(limited)]).toEqual([Code.ResourceExhausted, "RATE_LIMITED"]);
    const [retry] = limited.findDetails(RetryInfoSchema);
    expect(Number(retry!.retryDelay!.seconds)).toBeLessThanOrEqual(20);
  } finally {
    await server.stop();
  }
});
