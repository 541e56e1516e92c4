import { create, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { idProblem } from "../campaign/text.ts";
import {
  type WatchCampaignRequest,
  type WatchCampaignResponse,
  WatchCampaignResponseSchema,
} from "../gen/allot/v1/campaign_pb.js";
import { type CampaignServiceDeps, campaignNotFound, withStats } from "./campaign-access.ts";
import { invalid } from "./errors.ts";
import { outageAsFault } from "./outage.ts";

const intervalMs = 1_000;
/** The rate is that of so many samples. */
const rateSamples = 5;

/** One look at a campaign; undefined: it is gone. */
export type Look = () => Promise<WatchCampaignResponse | undefined>;

/** Campaigns' live figures. However many watch a campaign on this server, it is looked at once a second, and not at all when nobody does. */
export class Watch {
  readonly #looks = new Map<string, Shared>();

  /** The figures at once, then every change of them, until the campaign is gone or the signal is given. */
  async *of(id: string, look: Look, signal: AbortSignal): AsyncGenerator<WatchCampaignResponse> {
    const shared = this.#looks.getOrInsertComputed(id, () => new Shared(look));
    shared.watchers++;
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    try {
      for (let told: WatchCampaignResponse | undefined; ; ) {
        const next = await Promise.race([shared.next(told), stopped]);
        signal.throwIfAborted();
        if (!next) return;
        told = next;
        yield next;
      }
    } finally {
      if (--shared.watchers === 0) this.#looks.delete(id);
    }
  }
}

class Shared {
  watchers = 0;
  readonly #look: Look;
  #latest: WatchCampaignResponse | undefined;
  #looking: Promise<WatchCampaignResponse | undefined> | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #samples: { ms: number; given: number }[] = [];

  constructor(look: Look) {
    this.#look = look;
  }

  /** The first figures that differ from those told. Undefined: the campaign is gone. */
  async next(told: WatchCampaignResponse | undefined): Promise<WatchCampaignResponse | undefined> {
    for (;;) {
      if (this.#latest !== told && this.#latest !== undefined) return this.#latest;
      this.#looking ??= this.#lookAgain();
      const seen = await this.#looking;
      if (!seen || this.watchers === 0) return undefined;
    }
  }

  async #lookAgain(): Promise<WatchCampaignResponse | undefined> {
    try {
      const waitMs = this.#lookedMs + intervalMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      this.#lookedMs = performance.now();
      const seen = await this.#look();
      if (seen) this.#keep(seen);
      return seen;
    } finally {
      this.#looking = undefined;
    }
  }

  #keep(seen: WatchCampaignResponse): void {
    const given = (seen.stats?.issued ?? 0) + (seen.stats?.withoutPrize ?? 0);
    this.#samples = [...this.#samples.slice(-rateSamples), { ms: this.#lookedMs, given }];
    const [oldest, newest] = [this.#samples[0]!, this.#samples.at(-1)!];
    const seconds = (newest.ms - oldest.ms) / 1_000;
    seen.issuedPerSecond = seconds > 0 ? Math.max(newest.given - oldest.given, 0) / seconds : 0;
    const before = this.#latest;
    // The time alone is no change.
    const same = before && equals(WatchCampaignResponseSchema, { ...before, time: seen.time }, seen);
    if (!same) this.#latest = seen;
  }
}

/** WatchCampaign as allot/v1/campaign.proto has it. */
export function watchCampaign(
  watch: Watch,
  deps: CampaignServiceDeps,
  { campaignId }: WatchCampaignRequest,
  { signal }: HandlerContext,
): AsyncGenerator<WatchCampaignResponse> {
  const problem = idProblem(campaignId);
  if (problem !== undefined) throw invalid([{ field: "campaign_id", problem }]);
  return toldOrNotFound(
    watch.of(campaignId, () => look(deps, campaignId), signal),
    campaignId,
  );
}

async function* toldOrNotFound(figures: AsyncGenerator<WatchCampaignResponse>, id: string) {
  let told = false;
  try {
    for await (const one of figures) {
      told = true;
      yield one;
    }
  } catch (thrown) {
    throw outageAsFault(thrown);
  }
  if (!told) throw campaignNotFound(id);
}

async function look(deps: CampaignServiceDeps, id: string): Promise<WatchCampaignResponse | undefined> {
  const campaign = await deps.ledger.campaign(id);
  if (!campaign) return undefined;
  const [{ state, stats }, outcomes] = await Promise.all([
    withStats(deps, campaign),
    deps.ledger.outcomes(campaign.no),
  ]);
  return create(WatchCampaignResponseSchema, {
    time: timestampFromMs(deps.clock()),
    state,
    ...(stats && { stats }),
    outcomes: Object.fromEntries(outcomes.map(({ outcome, count }) => [outcome, BigInt(count)])),
  });
}
