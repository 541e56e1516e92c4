/**
 * Redeeming: RedeemCoupon by the public port, each request of another coupon and order, with MariaDB that syncs every commit. The generator
 * is a thread of this process and takes CPU from what it measures: the server could do more. Passes at 2,000 a second.
 *
 *   node bench/main.ts redeeming
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { createConnection } from "mysql2/promise";
import type { Redeeming } from "./generator/redeem-each.ts";
import { atLeast, must } from "./line.ts";
import { type Benchmark, median } from "./result.ts";
import { takeTurns } from "./rounds/take-turns.ts";
import { Stand } from "./stand/stand.ts";

const crowds = { "64": 64, "256": 256 };
const coupons = 10_000;
const asked = 1_000;
const perSecond = 2_000;

export const redeeming: Benchmark = {
  title: "RedeemCoupon",
  about: `${coupons.toLocaleString("en")} coupons a turn, each redeemed once by an order of its own, over 64 and over 256 connections; every commit is on disk before it is answered.`,
  async run({ rounds }) {
    await using stand = await Stand.open();
    const campaignIds: string[] = [];

    /** Codes of new coupons, all of them in the ledger. */
    async function issued(): Promise<string[]> {
      const campaignId = await stand.createCampaign(`redeeming-${campaignIds.length}`);
      campaignIds.push(campaignId);
      const codes: string[] = [];
      while (codes.length < coupons) {
        const requests = Array.from({ length: asked }, (_, i) => ({
          campaignId,
          userId: `user-${codes.length + i}`,
        }));
        const { results } = await stand.clients.coupons.issueCoupons({ requests });
        for (const { outcome } of results) {
          if (outcome.case !== "coupon") throw new Error(`no coupon: ${outcome.case}`);
          codes.push(outcome.value.code);
        }
      }
      await stand.drained(campaignId);
      return codes;
    }

    const contender = (connections: number) => async () => {
      const codes = await issued();
      return stand.turn(async () => {
        const workerData: Redeeming = { url: stand.url, codes, connections };
        const worker = new Worker(new URL("./generator/redeem-each.ts", import.meta.url), { workerData });
        const [seconds] = await once(worker, "message");
        return { answers: coupons, seconds };
      });
    };
    const turns = await takeTurns(
      { "64": contender(crowds["64"]), "256": contender(crowds["256"]) },
      { rounds, seconds: 0 },
    );
    const rates = (name: keyof typeof crowds) => turns[name].map((turn) => turn.perSecond);
    const { redeemed, events } = await countRedeemed(stand);
    const expected = campaignIds.length * coupons;
    return {
      settings: { generator: "own, HTTP/1.1", rounds, coupons, crowds },
      lines: [
        atLeast("RedeemCoupon a second, 64 connections", rates("64"), perSecond, ""),
        atLeast("RedeemCoupon a second, 256 connections", rates("256"), perSecond, ""),
        must(
          "audit: coupons redeemed, and events that say so",
          `${redeemed} and ${events}`,
          `${expected} each`,
          redeemed === expected && events === expected,
        ),
      ],
      contenders: turns,
      figures: { perSecond: { "64": median(rates("64")), "256": median(rates("256")) } },
    };
  },
};

async function countRedeemed({ database }: Stand): Promise<{ redeemed: number; events: number }> {
  const connection = await createConnection(database!.url);
  const [[found]] = (await connection.query(`
    SELECT (SELECT COUNT(*) FROM redemption WHERE redeem_ms IS NOT NULL) AS redeemed,
      (SELECT COUNT(*) FROM event WHERE type = 'coupon.redeemed') AS events`)) as unknown as [
    { redeemed: number; events: number }[],
  ];
  await connection.end();
  return found!;
}
