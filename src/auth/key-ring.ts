import { setTimeout as delay } from "node:timers/promises";
import type { ApiKey, Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";

/** How long a revoked key may still work, but for the time it takes to read the keys. */
const REFRESH_MS = 2_000;
/** Between reads for the sake of unknown keys, whoever sends however many. */
const MIN_READ_INTERVAL_MS = 250;

/**
 * The API keys as last read from the ledger. While it can't be reached the ones at hand go on working: nobody can revoke one then.
 */
export class KeyRing {
  readonly name = "api-keys";
  readonly #ledger: Pick<Ledger, "apiKeys">;
  readonly #log: Pick<Logger, "warn" | "info">;
  readonly #stopping = new AbortController();
  #keys: Map<string, ApiKey> | undefined;
  #lastReadMs = Number.NEGATIVE_INFINITY;
  #nextRead: Promise<void> | undefined;

  constructor(ledger: Pick<Ledger, "apiKeys">, log: Pick<Logger, "warn" | "info">) {
    this.#ledger = ledger;
    this.#log = log;
  }

  /** Whether any key was ever made, revoked or not; undefined until the keys were read. */
  get hasKeys(): boolean | undefined {
    return this.#keys && this.#keys.size > 0;
  }

  /** A key that was not revoked. */
  get(id: string): ApiKey | undefined {
    const key = this.#keys?.get(id);
    return key?.revokeMs === undefined ? key : undefined;
  }

  /** Reads the keys again, together with others who ask in this moment. Throws LedgerUnavailable. */
  refresh(): Promise<void> {
    this.#nextRead ??= this.#turn().then(() => {
      // Who asks from here on may know of a key that this read does not see.
      this.#nextRead = undefined;
      return this.#read();
    });
    return this.#nextRead;
  }

  /** Reads the keys again and again until stopped. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.#read();
        if (failing) this.#log.info({}, "API keys are up to date again");
        failing = false;
      } catch (error) {
        if (!failing) this.#log.warn({ err: error }, "API keys can't be read: those at hand go on working");
        failing = true;
      }
      await delay(REFRESH_MS, undefined, { signal }).catch(() => {});
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #turn(): Promise<void> {
    const waitMs = this.#lastReadMs + MIN_READ_INTERVAL_MS - performance.now();
    if (waitMs > 0) await delay(waitMs);
  }

  async #read(): Promise<void> {
    this.#lastReadMs = performance.now();
    const keys = await this.#ledger.apiKeys();
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }
}
