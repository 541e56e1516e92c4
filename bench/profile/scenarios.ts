import { drive } from "../generator/http1.ts";
import type { ContentType, Driven } from "../generator/load.ts";
import { Stand, type StandOptions } from "../stand/stand.ts";

export interface Scenario {
  open(options: StandOptions): Promise<Stand>;
  /** What is to be profiled, for some seconds; made ready once. */
  prepare(stand: Stand): Promise<(seconds: number) => Promise<Driven>>;
}

function issuing(connections: number, contentType: ContentType, fixed: StandOptions = {}): Scenario {
  return {
    open: (options) => Stand.open({ ...fixed, ...options }),
    async prepare(stand) {
      const campaignId = await stand.createCampaign("profile");
      return (seconds) => drive({ url: stand.url, campaignId, contentType, connections, seconds });
    },
  };
}

export const scenarios: Record<string, Scenario> = {
  issue: issuing(64, "application/proto"),
  "issue-256": issuing(256, "application/proto"),
  json: issuing(256, "application/json"),
  adapter: issuing(64, "application/Proto"),
  embedded: issuing(256, "application/proto", { embedded: true }),
};

export const scenarioNames = Object.keys(scenarios);
