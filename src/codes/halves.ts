/** The two halves of each row of a batch, as numbers. FF1 runs on this; doubles and BigInts implement it. */
export interface Halves {
  load(numerals: Uint16Array): void;
  /**
   * One Feistel round on all rows: even rounds change the left half by the right one, odd rounds the reverse.
   */
  mix(round: number, direction: Direction): void;
  store(numerals: Uint16Array): void;
}

/** Encryption adds to a half what decryption subtracts from it. */
export type Direction = 1 | -1;

/** What both arithmetics start from; names in brackets are the standard's. */
export interface HalvesSpec {
  radix: number;
  /** Numerals in the left half [u]. */
  leftLength: number;
  /** Numerals in the right half [v], equal or one more. */
  rightLength: number;
  /** Bytes that hold a half [b]. */
  halfBytes: number;
  /** Bytes of the PRF's stream that make the number added to a half [d]: 4 to 8 more than a half has. */
  streamBytes: number;
  /**
   * The PRF's input from the first block on that differs between rows or rounds, everything before it already
   * chained into it. Its last bytes, 1 + halfBytes, wait for the round's number and the half, to be mixed in
   * by xor.
   */
  open: Buffer;
  encryptBlocks: (blocks: Uint8Array) => Buffer;
}
