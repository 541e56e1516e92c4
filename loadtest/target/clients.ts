import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import type { Protocol } from "../sender/sender.ts";

/** Clients for what is not load: creating the campaign, reading it and the ledger. */
export interface Clients {
  campaigns: Client<typeof CampaignService>;
  coupons: Client<typeof CouponService>;
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
  return {
    campaigns: createClient(CampaignService, transport),
    coupons: createClient(CouponService, transport),
  };
};
