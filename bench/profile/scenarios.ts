import type { Drive, Driven } from "../generator/drive.ts";
import { inBatches, overHttp1 } from "../generator/http1.ts";
import { withNewUsers } from "../generator/http2.ts";
import { soldOutCampaign } from "../stand/sold-out-campaign.ts";
import { Stand, type StandOptions } from "../stand/stand.ts";

export interface Scenario {
  open(options: StandOptions): Promise<Stand>;
  /** What is to be profiled, for some seconds; made ready once. */
  prepare(stand: Stand): Promise<(seconds: number) => Promise<Driven>>;
}

function loaded(
  drive: Drive,
  fixed: StandOptions = {},
  campaign = (stand: Stand) => stand.createCampaign("profile"),
): Scenario {
  return {
    open: (options) => Stand.open({ ...fixed, ...options }),
    async prepare(stand) {
      const campaignId = await campaign(stand);
      return (seconds) => drive.run({ url: stand.url, campaignId, seconds });
    },
  };
}

export const scenarios: Record<string, Scenario> = {
  issue: loaded(overHttp1(64)),
  "issue-256": loaded(overHttp1(256)),
  json: loaded(overHttp1(256, "application/json")),
  grpc: loaded(withNewUsers({ connections: 8, streams: 16 })),
  adapter: loaded(overHttp1(64, "application/Proto")),
  "sold-out": loaded(overHttp1(64), {}, (stand) => soldOutCampaign(stand, 1_000)),
  batches: loaded(inBatches(8, 500)),
  embedded: loaded(overHttp1(256), { embedded: true }),
};

export const scenarioNames = Object.keys(scenarios);
