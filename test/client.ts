import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../src/gen/allot/v1/campaign_pb.js";
import { type Coupon, CouponService } from "../src/gen/allot/v1/coupon_pb.js";
import { DrawService } from "../src/gen/allot/v1/draw_pb.js";
import { LotteryService } from "../src/gen/allot/v1/lottery_pb.js";
import { ParticipantService } from "../src/gen/allot/v1/participant_pb.js";
import { RaffleService } from "../src/gen/allot/v1/raffle_pb.js";

/** Clients for a server at `url`, by the public port. */
export function clientsOf(url: string) {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: "1.1", defaultTimeoutMs: 15_000 });
  const coupons = createClient(CouponService, transport);
  return {
    campaigns: createClient(CampaignService, transport),
    coupons,
    draws: createClient(DrawService, transport),
    lotteries: createClient(LotteryService, transport),
    participants: createClient(ParticipantService, transport),
    raffles: createClient(RaffleService, transport),
    /** Every coupon of a campaign in the ledger. */
    async all(campaignId: string): Promise<Coupon[]> {
      const found: Coupon[] = [];
      let pageToken = "";
      do {
        const page = await coupons.listCoupons({ campaignId, pageSize: 1000, pageToken });
        found.push(...page.coupons);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return found;
    },
  };
}

export type Clients = ReturnType<typeof clientsOf>;
