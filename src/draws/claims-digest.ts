import { createHash } from "node:crypto";

const USER_HASH_BYTES = 16;
const NUMBER_BYTES = 2;
const TIME_BYTES = 6;
const OFFSET_BYTES = 6;
/** Some hundred records are hashed in one call. */
const BLOCK_BYTES = 16_384;

/**
 * SHA-256 over everything that takes part in a draw, in its order, one record after the other, numbers big-endian:
 *
 * - a ballot has 24 bytes: user hash (16), number (2), milliseconds since the Unix epoch (6); ballots are in the order of their ledger
 *   keys (partition, epoch, n, i);
 * - a raffle's ticket has 22 bytes: how far its serial is from the raffle's first (6), user hash (16); tickets are in the order of
 *   their serials.
 *
 * One draw has records of one kind. Changing, adding, leaving out or moving one changes the digest, and so the seed of the winners.
 */
export class ClaimsDigest {
  /** How many took part. */
  count = 0;
  readonly #hash = createHash("sha256");
  #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #at = 0;

  addBallot(userHash: Uint8Array, number: number, timeMs: number): void {
    this.#record(USER_HASH_BYTES + NUMBER_BYTES + TIME_BYTES);
    this.#bytes(userHash);
    this.#number(number, NUMBER_BYTES);
    this.#number(timeMs, TIME_BYTES);
  }

  addTicket(offset: number, userHash: Uint8Array): void {
    this.#record(OFFSET_BYTES + USER_HASH_BYTES);
    this.#number(offset, OFFSET_BYTES);
    this.#bytes(userHash);
  }

  /** 32 bytes; nothing can be added afterwards. */
  digest(): Buffer {
    return this.#hash.update(this.#block.subarray(0, this.#at)).digest();
  }

  #record(bytes: number): void {
    this.count++;
    if (this.#at + bytes <= BLOCK_BYTES) return;
    this.#hash.update(this.#block.subarray(0, this.#at));
    this.#at = 0;
  }

  #bytes(bytes: Uint8Array): void {
    if (bytes.length !== USER_HASH_BYTES)
      throw new Error(`a user hash has ${USER_HASH_BYTES} bytes, not ${bytes.length}`);
    this.#block.set(bytes, this.#at);
    this.#at += USER_HASH_BYTES;
  }

  #number(number: number, bytes: number): void {
    this.#at = this.#block.writeUIntBE(number, this.#at, bytes);
  }
}
