import { keyedHash } from "../keys/keyed-hash.ts";
import { seal, unseal } from "../keys/seal.ts";
import type { Secrets } from "../keys/secrets.ts";

/**
 * Phone numbers as the ledger keeps them: encrypted (AES-256-GCM), each for its user alone, and beside that a keyed hash, by which a number is
 * found and is unique without being opened. Without the key, hashes of all the numbers of a country can't be tried.
 */
export class PhoneBook {
  readonly #secrets: Pick<Secrets, "phoneKey" | "phoneHashKey">;

  constructor(secrets: Pick<Secrets, "phoneKey" | "phoneHashKey">) {
    this.#secrets = secrets;
  }

  /** 16 bytes. */
  hash(number: string): Buffer {
    return keyedHash(this.#secrets.phoneHashKey, [number]);
  }

  seal(number: string, userHash: Buffer): Buffer {
    return seal(this.#secrets.phoneKey, contextOf(userHash), Buffer.from(number));
  }

  /** Throws for a number that was sealed for another user. */
  open(sealed: Buffer, userHash: Buffer): string {
    const number = unseal(this.#secrets.phoneKey, contextOf(userHash), sealed);
    if (number === undefined) throw new Error("a phone number in the ledger can't be opened: it was damaged");
    return number.toString();
  }
}

const contextOf = (userHash: Buffer) => `phone of ${userHash.toString("hex")}`;
