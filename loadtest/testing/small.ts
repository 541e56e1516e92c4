import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ConnectRouter, createRouterTransport, type Transport } from "@connectrpc/connect";
import {
  type Campaign,
  CampaignSchema,
  CampaignService,
  CampaignStatsSchema,
} from "../../src/gen/allot/v1/campaign_pb.js";
import type { Tables } from "../audit/tables/tables.ts";

/** One campaign of some mechanic, in memory, that speaks the contract in this process. */
export interface Small {
  /** It was created. */
  begin(campaign: Campaign): void;
  /** It was ended by hand. */
  end?(): void;
  stats(): MessageInitShape<typeof CampaignStatsSchema>;
  /** What of the campaign changes as it goes. */
  now?(): Partial<Campaign>;
  /** The mechanic's own service. */
  routes(router: ConnectRouter): void;
  tables?(): Tables;
}

export const transportTo = (small: Small): Transport => {
  let campaign: Campaign;
  const now = () => ({
    campaign: create(CampaignSchema, {
      ...campaign,
      ...small.now?.(),
      stats: create(CampaignStatsSchema, small.stats()),
    }),
  });
  return createRouterTransport((router) => {
    router.service(CampaignService, {
      createCampaign: ({ campaign: wished }) => {
        campaign = create(CampaignSchema, { ...wished!, startTime: timestampFromMs(Date.now() - 1) });
        small.begin(campaign);
        return now();
      },
      getCampaign: now,
      endCampaign: () => {
        small.end?.();
        return now();
      },
    });
    small.routes(router);
  });
};
