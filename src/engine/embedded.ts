import { Worker } from "node:worker_threads";
import type { Campaign } from "../campaign/campaign.ts";
import type { CampaignEffects, Stats } from "../campaign/effects.ts";
import { statsOf } from "../campaign/stats.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { SqliteLedger } from "../ledger/sqlite/ledger.ts";
import type { SqliteDatabase } from "../ledger/sqlite/open.ts";
import type { Logger } from "../log.ts";
import { ThreadedStore } from "../store/embedded/threaded-store.ts";
import { type Store, StoreUnavailable } from "../store/store.ts";
import type { Engine } from "./engine.ts";

export type { Engine } from "./engine.ts";

/** One process, one SQLite file: takes, coupons and campaigns commit together. */
export function openEmbedded(database: SqliteDatabase, ledger: SqliteLedger, log: Logger): Engine {
  const store = threadedStore(database, (error) => {
    log.fatal({ err: error }, "the store failed: the server ends now, and starts from what is on disk");
    process.exit(1);
  });
  return {
    store,
    ledger,
    partitions: 1,
    effects: new EmbeddedEffects(ledger, store),
    async fill(_, prize) {
      if ((await ledger.reserveMore(prize)) === 0) {
        throw new StoreUnavailable("the code format has no codes left: a longer one is needed");
      }
    },
    flush: () => Promise.resolve(),
    services: [],
    troubles: () => [],
    close: () => store.close(),
  };
}

/** A store in a thread of its own, in the ledger's database. */
export function threadedStore(
  { path, exclusive }: Pick<SqliteDatabase, "path" | "exclusive">,
  onBroken: (error: unknown) => void,
): ThreadedStore {
  const thread = new Worker(new URL("./embedded-thread.ts", import.meta.url), { workerData: path });
  return new ThreadedStore({ thread, exclusive, onBroken });
}

/** What the ledger has is in force: a take looks at it within its own transaction. */
class EmbeddedEffects implements CampaignEffects {
  readonly #ledger: Ledger;
  readonly #store: Store;

  constructor(ledger: Ledger, store: Store) {
    this.#ledger = ledger;
    this.#store = store;
  }

  applied(): Promise<void> {
    return Promise.resolve();
  }

  recalled(): Promise<void> {
    return Promise.resolve();
  }

  prepare(): void {}

  async stats(campaign: Campaign): Promise<Stats> {
    return statsOf(campaign, await this.#ledger.counts(campaign.no), [
      await this.#store.issued(0, campaign.no),
    ]);
  }

  async over({ endedMs, endMs }: Campaign): Promise<boolean> {
    return endedMs !== undefined || (await this.#store.nowMs(0)) >= endMs;
  }

  drained(): Promise<boolean> {
    return Promise.resolve(true);
  }

  forget(campaign: Campaign): Promise<void> {
    return this.#store.forget(0, campaign.no);
  }
}
