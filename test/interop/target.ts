import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";
import { type Environment, loadConfig } from "../../src/config.ts";
import { type Campaign, CampaignSchema, CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { type Coupon, CouponSchema, CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { createLogger } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { fault, invalid } from "../../src/rpc/errors.ts";
import type { Gate } from "../../src/rpc/gate.ts";
import { healthRoutes } from "../../src/rpc/health.ts";
import { reflectionRoutes } from "../../src/rpc/reflection.ts";
import { createReadiness } from "../../src/server/readiness.ts";
import { createServer, type ServerOptions } from "../../src/server/server.ts";

export type Target = Awaited<ReturnType<typeof startTarget>>;

const services = [CampaignService, CouponService];

export interface TargetOptions {
  readonly env?: Environment;
  readonly routes?: (router: ConnectRouter) => void;
  readonly gates?: readonly Gate[];
  readonly codecs?: ServerOptions["codecs"];
  readonly graceMs?: number;
}

/** A server on a free port of 127.0.0.1, with everything but a store: it gives out coupons from its memory. */
export async function startTarget({
  env,
  routes = couponsFromMemory(),
  gates,
  codecs,
  graceMs = 20,
}: TargetOptions = {}) {
  const readiness = createReadiness();
  const metrics = createMetrics();
  const server = createServer({
    config: loadConfig({ PORT: "0", ...env }),
    routes(router) {
      routes(router);
      healthRoutes(services, readiness)(router);
      reflectionRoutes(services)(router);
    },
    gates,
    ...(codecs && { codecs }),
    readiness,
    metrics,
    log: createLogger("fatal"),
    graceMs,
  });
  const { url, port } = await server.listen();
  return { url, port, readiness, metrics, stop: server.stop };
}

/** Enough of the two services to see every kind of answer: first come, one for each user, until the first prize is used up. */
function couponsFromMemory(): (router: ConnectRouter) => void {
  const campaigns = new Map<string, { campaign: Campaign; coupons: Map<string, Coupon> }>();
  const find = (id: string) => {
    const found = campaigns.get(id);
    if (found === undefined) throw fault("CAMPAIGN_NOT_FOUND", "there is no such campaign");
    return found;
  };
  return (router) => {
    router.service(CampaignService, {
      createCampaign({ campaign = create(CampaignSchema) }) {
        if (campaigns.has(campaign.id)) throw fault("CAMPAIGN_EXISTS", "the id is taken");
        campaigns.set(campaign.id, { campaign, coupons: new Map() });
        return { campaign };
      },
      getCampaign: ({ campaignId }) => ({ campaign: find(campaignId).campaign }),
    });
    router.service(CouponService, {
      issueCoupon({ campaignId, userId }) {
        const { campaign, coupons } = find(campaignId);
        if (userId === "") throw invalid([{ field: "user_id", problem: "must be given" }]);
        const earlier = coupons.get(userId);
        if (earlier) return { outcome: { case: "coupon", value: earlier }, replayed: true };
        if (coupons.size === campaign.prizes[0]?.quota) {
          return { outcome: { case: "refusal", value: { reason: Reason.SOLD_OUT } } };
        }
        const code = `${campaignId}-${coupons.size}`;
        const coupon = create(CouponSchema, { code, campaignId, userId, issueTime: timestampNow() });
        coupons.set(userId, coupon);
        return { outcome: { case: "coupon", value: coupon } };
      },
    });
  };
}
