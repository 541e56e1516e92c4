import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type { Campaign, CampaignService, WatchCampaignResponse } from "../../src/gen/allot/v1/campaign_pb.js";
import type { statuses } from "./words.ts";

export type Status = keyof typeof statuses;

export interface Watcher {
  /** Before the figures, each time that the connection is made. */
  onCampaign(campaign: Campaign): void;
  onFigures(figures: WatchCampaignResponse): void;
  onStatus(status: Status): void;
  onError(error: unknown): void;
}

/** A stream is not let be older: a connection that died without a word is found out in the end. */
const streamMs = 300_000;
const shortestPauseMs = 500;
const longestPauseMs = 30_000;

/** Asking again would bring the same answer. */
const final = new Set([Code.NotFound, Code.Unauthenticated, Code.PermissionDenied, Code.InvalidArgument]);

/**
 * Shows a campaign and its live figures while the page is looked at. A hidden page lets go: over HTTP/1.1 a browser has six connections
 * to a server, for all its tabs.
 */
export function watch(campaigns: Client<typeof CampaignService>, campaignId: string, watcher: Watcher): void {
  let looking: AbortController | undefined;
  const look = () => {
    looking?.abort();
    if (document.hidden) return;
    looking = new AbortController();
    follow(campaigns, campaignId, watcher, looking.signal);
  };
  document.addEventListener("visibilitychange", look);
  look();
}

async function follow(
  campaigns: Client<typeof CampaignService>,
  campaignId: string,
  { onCampaign, onFigures, onStatus, onError }: Watcher,
  signal: AbortSignal,
): Promise<void> {
  onStatus("connecting");
  for (let failures = 0; ; failures++) {
    try {
      const { campaign } = await campaigns.getCampaign({ campaignId }, { signal });
      onCampaign(campaign!);
      for await (const figures of campaigns.watchCampaign({ campaignId }, { signal, timeoutMs: streamMs })) {
        failures = 0;
        onStatus("live");
        onFigures(figures);
      }
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
      if (final.has(ConnectError.from(error).code)) return onStatus("ended");
    }
    onStatus("reconnecting");
    await pause(pauseMs(failures), signal);
    if (signal.aborted) return;
  }
}

/** Twice as long each time, and never the same for all: they would come back at once. */
function pauseMs(failures: number): number {
  return Math.min(shortestPauseMs * 2 ** failures, longestPauseMs) * (0.5 + Math.random() / 2);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", () => resolve());
  });
}
