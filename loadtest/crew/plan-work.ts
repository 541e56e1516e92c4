import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import type { RunOptions } from "../cli/options.ts";
import type { WorkerPlan } from "./worker-plan.ts";

/** Runs up to so long are drawn in fine intervals, longer ones by the second. */
const fineUpToMs = 120_000;
const fineMs = 250;
const coarseMs = 1_000;

/** The i-th of `parts` shares of a whole number of things, the larger shares first. */
const share = (whole: number, parts: number, i: number): number =>
  Math.floor((whole + parts - 1 - i) / parts);

/** Deals a run out to its workers. */
export const planWork = (
  options: RunOptions,
  about: {
    run: string;
    campaign: Campaign;
    users: number;
    onePerUser: boolean;
    goods: readonly string[];
    host: string;
    port: number;
  },
): WorkerPlan[] => {
  const { run, campaign, users, onePerUser, goods, host, port } = about;
  const { workers, requests } = options;
  return Array.from({ length: workers }, (_, worker) => ({
    worker,
    workers,
    to: {
      host,
      port,
      apiKey: options.apiKey,
      connections: share(options.connections, workers, worker),
      timeoutMs: options.timeoutMs,
    },
    protocol: options.protocol,
    closed: options.closed,
    scenario: options.scenario,
    seed: options.seed,
    run,
    campaignId: campaign.id,
    onePerUser,
    addresses: (campaign.limits?.perAddress ?? 0) > 0,
    goods,
    users,
    sends: requests === undefined ? undefined : share(requests, workers, worker),
    durationMs: options.durationMs,
    intervalMs: options.durationMs <= fineUpToMs ? fineMs : coarseMs,
  }));
};
