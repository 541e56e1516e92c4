import type { Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import { Recurring } from "./recurring.ts";

export interface BansOptions {
  ledger: Pick<Ledger, "ban" | "unpushedBans" | "banPushed">;
  store: Pick<Store, "ban">;
  /** How many the store has. */
  partitions: number;
  log: Logger;
  /** Milliseconds since the Unix epoch. */
  clock: () => number;
}

const intervalMs = 2_000;
const roundBans = 100;
/**
 * Longer than a word to the store can be under way. A server may die over a ban that is lifted meanwhile elsewhere, and what it sent may arrive
 * last; so each ban and each lifting is told once more after this time.
 */
const settledAfterMs = 60_000;

/** Brings bans and their liftings from the ledger to every partition of the store, also those whose maker died or lost the store. */
export class Bans extends Recurring {
  readonly #options: BansOptions;

  constructor(options: BansOptions) {
    super("bans", intervalMs, options.log);
    this.#options = options;
  }

  /**
   * Resolves when every partition knows what the ledger has of this user. Throws StoreUnavailable or LedgerUnavailable; then it will be
   * tried again in the background.
   */
  async push(userHash: Buffer): Promise<void> {
    const ban = await this.#options.ledger.ban(userHash);
    if (ban !== undefined && !ban.pushed) await this.#push(userHash);
  }

  async round(): Promise<void> {
    for (const userHash of await this.#options.ledger.unpushedBans(this.#settledMs(), roundBans)) {
      await this.#push(userHash);
    }
  }

  /** Until what was told is what the ledger has. */
  async #push(userHash: Buffer): Promise<void> {
    const { ledger } = this.#options;
    for (;;) {
      const ban = await ledger.ban(userHash);
      await this.#tell(userHash, ban?.banned ?? false);
      if (ban === undefined || (await ledger.banPushed(userHash, ban.revision, this.#settledMs()))) return;
    }
  }

  /** Waits for all of them even where one fails, so that nothing of this is under way any more when the next is told. */
  async #tell(userHash: Buffer, banned: boolean): Promise<void> {
    const { store, partitions } = this.#options;
    const told = await Promise.allSettled(
      Array.from({ length: partitions }, (_, no) => store.ban(no, userHash, banned)),
    );
    const failed = told.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  #settledMs(): number {
    return this.#options.clock() - settledAfterMs;
  }
}
