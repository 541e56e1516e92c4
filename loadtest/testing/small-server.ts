import { once } from "node:events";
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type Campaign, CampaignSchema, CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import { type Fault, SmallService } from "./small-service.ts";

export interface SmallServer {
  port: number;
  /** By campaign id; both have an entry for each campaign. */
  services: Map<string, SmallService>;
  campaigns: Map<string, Campaign>;
  close(): void;
}

interface Behaviour {
  fault?: Fault;
  /** How long each answer takes once its coupon is decided. */
  delayMs?: number;
  /** Answer every n-th request with UNAVAILABLE (OVERLOADED) instead. */
  overloadedEvery?: number;
}

/** A service that speaks the contract on a port of its own; the load test's tests aim at it. */
export const startSmallServer = async (
  protocol: "http1" | "http2",
  { fault, delayMs = 0, overloadedEvery }: Behaviour = {},
): Promise<SmallServer> => {
  const services = new Map<string, SmallService>();
  const campaigns = new Map<string, Campaign>();
  let requests = 0;

  const find = (id: string): SmallService => {
    const service = services.get(id);
    if (!service) throw new ConnectError(`no campaign ${id}`, Code.NotFound);
    return service;
  };

  const routes = (router: ConnectRouter): void => {
    router.service(CampaignService, {
      createCampaign: ({ campaign: wished }) => {
        const campaign = create(CampaignSchema, wished!);
        campaign.startTime ??= timestampFromMs(Date.now());
        campaign.prizes.forEach((prize, index) => {
          prize.id ||= `p${index + 1}`;
        });
        campaigns.set(campaign.id, campaign);
        services.set(campaign.id, new SmallService(campaign, fault));
        return { campaign };
      },
      getCampaign: ({ campaignId }) => {
        const stats = find(campaignId).stats();
        return { campaign: { ...campaigns.get(campaignId)!, stats } };
      },
    });
    router.service(CouponService, {
      issueCoupon: async (request, { signal }) => {
        if (overloadedEvery && ++requests % overloadedEvery === 0)
          throw new ConnectError("too much at once", Code.Unavailable, undefined, [
            { desc: ErrorInfoSchema, value: { reason: "OVERLOADED", domain: "allot" } },
          ]);
        const service = find(request.campaignId);
        const outcome = service.issue(request);
        if (delayMs > 0) await sleep(delayMs);
        if (signal.aborted) service.hungUp(request);
        if ("refusal" in outcome) return { outcome: { case: "refusal", value: { reason: outcome.refusal } } };
        return { outcome: { case: "coupon", value: outcome.coupon }, replayed: outcome.replayed };
      },
      listCoupons: ({ campaignId, pageSize, pageToken }) => {
        const start = Number(pageToken || 0);
        const end = start + (pageSize || 100);
        const { rows } = find(campaignId);
        return { coupons: rows.slice(start, end), nextPageToken: end < rows.length ? String(end) : "" };
      },
    });
  };

  const handler = connectNodeAdapter({ routes });
  const server = protocol === "http1" ? createHttp1Server(handler) : createHttp2Server(handler);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    services,
    campaigns,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
