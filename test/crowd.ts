import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { Coupon } from "../src/gen/allot/v1/coupon_pb.js";
import type { Clients } from "./client.ts";

/** What one asker was told in the end. */
export type Told = { user: string; coupon: Coupon } | { user: string; refused: number };

/**
 * A crowd that asks until it has an answer: each user once at a time, again under the same request id whenever the answer is an error,
 * as the contract says. Returns what everyone was told.
 */
export async function crowd(
  clients: Clients,
  campaignId: string,
  users: string[],
  width: number,
): Promise<Told[]> {
  const told: Told[] = [];
  const queue = users.values();
  async function member() {
    for (const user of queue) told.push(await persist(clients, campaignId, user));
  }
  await Promise.all(Array.from({ length: width }, member));
  return told;
}

async function persist(clients: Clients, campaignId: string, user: string): Promise<Told> {
  const giveUpMs = performance.now() + 60_000;
  for (;;) {
    try {
      const { outcome } = await clients.coupons.issueCoupon({ campaignId, userId: user, requestId: "once" });
      if (outcome.case === "coupon") return { user, coupon: outcome.value };
      if (outcome.case === "refusal") return { user, refused: outcome.value.reason };
      throw new Error(`IssueCoupon answered with ${outcome.case ?? "nothing"}`);
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
      await delay(20);
    }
  }
}

/** What must hold whatever happened: acknowledged ⊆ ledger, each code and user once, exactly the quota. */
export async function audit(
  clients: Clients,
  campaignId: string,
  told: Told[],
  quota: number,
): Promise<void> {
  await expect
    .poll(async () => (await clients.campaigns.getCampaign({ campaignId })).campaign?.stats?.undrained, {
      timeout: 20_000,
    })
    .toBe(0);
  const rows = await clients.all(campaignId);
  const byCode = new Map(rows.map((row) => [row.code, row]));
  expect(byCode.size).toBe(rows.length);
  expect(new Set(rows.map((row) => row.userId)).size).toBe(rows.length);
  for (const one of told) {
    if ("coupon" in one) expect(byCode.get(one.coupon.code)).toEqual(one.coupon);
  }
  const winners = told.filter((one) => "coupon" in one).length;
  expect(rows).toHaveLength(Math.min(quota, told.length));
  expect(winners).toBe(rows.length);
  const { campaign } = await clients.campaigns.getCampaign({ campaignId });
  expect(campaign?.stats).toMatchObject({ issued: rows.length, remaining: quota - rows.length, inDoubt: 0 });
}
