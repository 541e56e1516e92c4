import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTVerifyGetKey,
  type RemoteJWKSet,
} from "jose";
import type { Logger } from "../log.ts";

/** How long a key that its issuer withdrew stays at hand. */
const REFRESH_MS = 300_000;
/** The same after a fetch that failed. */
const RETRY_MS = 5_000;
/** From a fetch to the next for the sake of keys that nobody knows, whoever sends however many. */
const COOL_DOWN_MS = 10_000;
/** The same after one that failed, or brought something else than keys. */
const FAILED_COOL_DOWN_MS = 1_000;
const TIMEOUT_MS = 3_000;

/** The keys that tokens are checked with can't be had: nobody knows whether a token is good. */
export class TokenKeysUnavailable extends Error {
  override name = "TokenKeysUnavailable";
}

/**
 * A token issuer's public keys (RFC 7517), from an http, https or file URL. They are fetched again and again, and early where a token names
 * one that is not at hand. While they can't be fetched the ones at hand go on working.
 */
export class TokenKeys {
  readonly name = "token-keys";
  readonly #keys: RemoteJWKSet;
  readonly #log: Pick<Logger, "warn" | "info">;
  readonly #stopping = new AbortController();
  #nextFetchMs = Number.NEGATIVE_INFINITY;

  constructor(url: URL, log: Pick<Logger, "warn" | "info">) {
    this.#log = log;
    const get = url.protocol === "file:" ? async () => new Response(await readFile(url)) : fetch;
    this.#keys = createRemoteJWKSet(url, {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: COOL_DOWN_MS,
      cacheMaxAge: Number.POSITIVE_INFINITY,
      [customFetch]: (...request) => this.#fetch(get, request),
    });
  }

  /** The key that a token's header names. Throws TokenKeysUnavailable, or jose's error for a token that names none. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error;
      throw new TokenKeysUnavailable("the keys of tokens can't be fetched", { cause: error });
    }
  };

  /** Fetches the keys again and again until stopped. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.#keys.reload();
        if (failing) this.#log.info({}, "the keys of tokens are up to date again");
        failing = false;
      } catch (error) {
        if (!failing)
          this.#log.warn(
            { err: error },
            "the keys of tokens can't be fetched (ALLOT_JWKS_URL): those at hand go on working",
          );
        failing = true;
      }
      await delay(failing ? RETRY_MS : REFRESH_MS, undefined, { signal }).catch(() => {});
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** After one that succeeded jose itself waits for longer. */
  async #fetch(get: FetchImplementation, request: Parameters<FetchImplementation>): Promise<Response> {
    const nowMs = performance.now();
    if (nowMs < this.#nextFetchMs) throw new Error("the last fetch failed a moment ago");
    this.#nextFetchMs = nowMs + FAILED_COOL_DOWN_MS;
    return get(...request);
  }
}
