import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CodePoolService } from "../../src/gen/allot/v1/code_pool_pb.js";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import { DrawService } from "../../src/gen/allot/v1/draw_pb.js";
import { LotteryService } from "../../src/gen/allot/v1/lottery_pb.js";
import { RaffleService } from "../../src/gen/allot/v1/raffle_pb.js";
import type { Protocol } from "../sender/sender.ts";

/** Clients for what is not load: creating the campaign, a manager's acts, reading it and the ledger. */
export interface Clients {
  campaigns: Client<typeof CampaignService>;
  coupons: Client<typeof CouponService>;
  draws: Client<typeof DrawService>;
  raffles: Client<typeof RaffleService>;
  lotteries: Client<typeof LotteryService>;
  codePools: Client<typeof CodePoolService>;
}

const timeoutMs = 30_000;

export const connectClients = (baseUrl: string, apiKey: string | undefined, protocol: Protocol): Clients => {
  const authorize: Interceptor = (next) => (request) => {
    if (apiKey !== undefined) request.header.set("Authorization", `Bearer ${apiKey}`);
    return next(request);
  };
  const options = { baseUrl, interceptors: [authorize], defaultTimeoutMs: timeoutMs };
  const transport =
    protocol === "grpc"
      ? createGrpcTransport(options)
      : createConnectTransport({ ...options, httpVersion: "1.1" });
  return clientsOver(transport);
};

export const clientsOver = (transport: Transport): Clients => ({
  campaigns: createClient(CampaignService, transport),
  coupons: createClient(CouponService, transport),
  draws: createClient(DrawService, transport),
  raffles: createClient(RaffleService, transport),
  lotteries: createClient(LotteryService, transport),
  codePools: createClient(CodePoolService, transport),
});
