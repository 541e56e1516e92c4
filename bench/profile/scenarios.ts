import type { Drive, Driven } from "../generator/drive.ts";
import { overHttp1 } from "../generator/http1.ts";
import { withNewUsers } from "../generator/http2.ts";
import { Stand, type StandOptions } from "../stand/stand.ts";

export interface Scenario {
  open(options: StandOptions): Promise<Stand>;
  /** What is to be profiled, for some seconds; made ready once. */
  prepare(stand: Stand): Promise<(seconds: number) => Promise<Driven>>;
}

function issuing(drive: Drive, fixed: StandOptions = {}): Scenario {
  return {
    open: (options) => Stand.open({ ...fixed, ...options }),
    async prepare(stand) {
      const campaignId = await stand.createCampaign("profile");
      return (seconds) => drive.run({ url: stand.url, campaignId, seconds });
    },
  };
}

export const scenarios: Record<string, Scenario> = {
  issue: issuing(overHttp1(64)),
  "issue-256": issuing(overHttp1(256)),
  json: issuing(overHttp1(256, "application/json")),
  grpc: issuing(withNewUsers({ connections: 8, streams: 16 })),
  adapter: issuing(overHttp1(64, "application/Proto")),
  embedded: issuing(overHttp1(256), { embedded: true }),
};

export const scenarioNames = Object.keys(scenarios);
