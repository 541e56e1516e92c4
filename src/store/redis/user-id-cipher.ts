import { aes, BLOCK_BYTES } from "../../codes/aes.ts";

/**
 * Keeps user ids in the outbox to those who have the key: Redis, its files and its replicas never hold one in the clear. An id is mixed (XOR)
 * with AES-256 in counter mode, counted from its user's keyed hash, which is in the row anyway. So it needs no nonce and takes no more room, and equal ids
 * look alike, as their hashes do: the construction of a synthetic IV (RFC 5297), without its authentication, because whoever can write to Redis can
 * write whole entries. All rows of a column are one cipher call.
 */
export class UserIdCipher {
  readonly #encrypt: (blocks: Uint8Array) => Buffer;

  /** `key` has 32 bytes. */
  constructor(key: Uint8Array) {
    this.#encrypt = aes("ecb", key);
  }

  /**
   * Encrypts ids in place, or decrypts them: it is the same. `places`: of each row where the user's hash begins, where the id begins, and where it
   * ends.
   */
  mix(bytes: Buffer, places: readonly number[]): void {
    let size = 0;
    for (let p = 0; p < places.length; p += 3) size += paddedBytes(places[p + 1]!, places[p + 2]!);
    const counters = Buffer.allocUnsafe(size);
    let at = 0;
    for (let p = 0; p < places.length; p += 3) {
      const hashAt = places[p]!;
      const end = at + paddedBytes(places[p + 1]!, places[p + 2]!);
      for (let count = 0; at < end; count++) {
        bytes.copy(counters, at, hashAt, hashAt + BLOCK_BYTES);
        at += BLOCK_BYTES;
        counters[at - 1]! ^= count;
      }
    }
    const stream = this.#encrypt(counters);
    at = 0;
    for (let p = 0; p < places.length; p += 3) {
      const [from, to] = [places[p + 1]!, places[p + 2]!];
      for (let i = from; i < to; i++) bytes[i]! ^= stream[at + i - from]!;
      at += paddedBytes(from, to);
    }
  }
}

const paddedBytes = (from: number, to: number) => Math.ceil((to - from) / BLOCK_BYTES) * BLOCK_BYTES;
