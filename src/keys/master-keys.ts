import { createHmac, timingSafeEqual } from "node:crypto";
import type { Ledger } from "../ledger/ledger.ts";
import type { Purpose } from "./purpose.ts";
import { seal, unseal } from "./seal.ts";

const FINGERPRINT = "master-key-fingerprint";

export class WrongMasterKey extends Error {
  override name = "WrongMasterKey";
}

/**
 * The master key, and the one before while it takes that one's place. Both unwrap; the one that the ledger's fingerprint names wraps, so that
 * servers which still start without the new key find nothing they can't read.
 */
export class MasterKeys {
  readonly #current: Uint8Array;
  readonly #old: Uint8Array | undefined;
  #wrapping: Uint8Array;

  constructor(current: Uint8Array, old?: Uint8Array) {
    this.#current = current;
    this.#old = old;
    this.#wrapping = current;
  }

  /** Finds out which one wraps; the first of all sets the ledger up. Throws WrongMasterKey where the ledger knows neither. */
  async settle(ledger: Pick<Ledger, "secret">): Promise<void> {
    const expected = await ledger.secret(FINGERPRINT, fingerprintOf(this.#current));
    const known = [this.#current, this.#old].find((key) => key && isFingerprint(expected, key));
    if (known === undefined) {
      throw new WrongMasterKey(
        "The master key is not the one this ledger was set up with. Start with the original ALLOT_MASTER_KEY (embedded: the file master.key in ALLOT_DATA), or with an empty ledger. While the key is being changed, ALLOT_MASTER_KEY_OLD names the other one.",
      );
    }
    this.#wrapping = known;
  }

  wrap(purpose: Purpose, key: Uint8Array): Buffer {
    return seal(this.#wrapping, purpose, key);
  }

  /** Throws where it was wrapped under another master key or for another purpose. */
  unwrap(purpose: Purpose, wrapped: Uint8Array): Buffer {
    const key = unseal(this.#current, purpose, wrapped) ?? this.#byOld(purpose, wrapped);
    if (key === undefined)
      throw new Error(
        `a ${purpose} key in the ledger can't be unwrapped: it was damaged, or \`allot keys rewrap\` was not finished`,
      );
    return key;
  }

  /** From here on the current one wraps, at every server that looks. */
  async takeOver(ledger: Pick<Ledger, "secret" | "replaceSecret">): Promise<void> {
    if (this.#old !== undefined)
      await ledger.replaceSecret(FINGERPRINT, fingerprintOf(this.#old), fingerprintOf(this.#current));
    await this.settle(ledger);
  }

  /** Wraps every key in the ledger by the current one; returns how many were wrapped by the old one, and how many can't be read. */
  async rewrap(ledger: Pick<Ledger, "rewrap">): Promise<{ rewrapped: number; damaged: number }> {
    let damaged = 0;
    const rewrapped = await ledger.rewrap((purpose, wrapped) => {
      if (unseal(this.#current, purpose, wrapped) !== undefined) return undefined;
      const key = this.#byOld(purpose, wrapped);
      if (key === undefined) damaged++;
      return key && seal(this.#current, purpose, key);
    });
    return { rewrapped, damaged };
  }

  #byOld(purpose: string, wrapped: Uint8Array): Buffer | undefined {
    return this.#old && unseal(this.#old, purpose, wrapped);
  }
}

function fingerprintOf(masterKey: Uint8Array): Buffer {
  return createHmac("sha256", masterKey).update("allot master key fingerprint").digest();
}

function isFingerprint(expected: Uint8Array, masterKey: Uint8Array): boolean {
  const own = fingerprintOf(masterKey);
  return expected.length === own.length && timingSafeEqual(expected, own);
}
