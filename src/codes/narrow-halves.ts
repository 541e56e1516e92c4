import { BLOCK_BYTES } from "./aes.ts";
import type { Direction, Halves, HalvesSpec } from "./halves.ts";

/** A half times 256 must be exact in a double. */
export const MAX_NARROW_HALF = 2n ** 45n;

const WORD = 2 ** 32;
/** Its square, which is what a word times a remainder can be, and a word more must be exact in a double. */
const MAX_WORD_HALF = 2 ** 26;

/**
 * Halves below 2^45, in doubles: no BigInt, and since the PRF's open input is one block, one cipher call a
 * round.
 */
export function narrowHalves(spec: HalvesSpec): Halves {
  const { radix, leftLength, rightLength, streamBytes, open, encryptBlocks } = spec;
  const length = leftLength + rightLength;
  const leftSize = radix ** leftLength;
  const rightSize = radix ** rightLength;
  const roundUnit = 256 ** spec.halfBytes;
  const openHigh = open.readInt32BE(8);
  const openLow = open.readInt32BE(12);
  // Bytes of the stream that a division takes in at once, so that half × 256^chunkBytes stays exact.
  const chunkBytes = rightSize <= 2 ** 21 ? 4 : rightSize <= 2 ** 37 ? 2 : 1;
  const chunkUnit = 256 ** chunkBytes;

  const inWords = streamBytes === 8 && rightSize <= MAX_WORD_HALF;

  /** The stream as a number modulo a size, some bytes at a time. */
  function chunks(stream: Buffer, at: number, size: number): number {
    let rest = 0;
    for (let i = at; i < at + streamBytes; i += chunkBytes) {
      let chunk = stream[i]!;
      for (let j = 1; j < chunkBytes; j++) chunk = chunk * 256 + stream[i + j]!;
      const grown = rest * chunkUnit + chunk;
      rest = grown - Math.floor(grown / size) * size;
    }
    return rest;
  }

  let lefts = new Float64Array(0);
  let rights = new Float64Array(0);
  let blocks = new DataView(new ArrayBuffer(0));
  let input = new Uint8Array(0);

  function reserve(rows: number): void {
    if (rows > lefts.length) {
      lefts = new Float64Array(rows);
      rights = new Float64Array(rows);
      const filled = Buffer.alloc(rows * BLOCK_BYTES, open);
      blocks = new DataView(filled.buffer, filled.byteOffset, filled.length);
    }
    input = new Uint8Array(blocks.buffer, blocks.byteOffset, rows * BLOCK_BYTES);
  }

  function load(numerals: Uint16Array): void {
    const rows = numerals.length / length;
    reserve(rows);
    for (let row = 0, at = 0; row < rows; row++) {
      let left = 0;
      for (let i = 0; i < leftLength; i++) left = left * radix + numerals[at++]!;
      let right = 0;
      for (let i = 0; i < rightLength; i++) right = right * radix + numerals[at++]!;
      lefts[row] = left;
      rights[row] = right;
    }
  }

  function mix(round: number, direction: Direction): void {
    const changesLeft = round % 2 === 0;
    const targets = changesLeft ? lefts : rights;
    const sources = changesLeft ? rights : lefts;
    const size = changesLeft ? leftSize : rightSize;
    for (let at = 0, row = 0; at < input.length; at += BLOCK_BYTES, row++) {
      // The block's end as one number: at most 9 × 2^48 + 2^45, exact.
      const end = round * roundUnit + sources[row]!;
      blocks.setInt32(at + 8, openHigh ^ (end / 2 ** 32));
      blocks.setInt32(at + 12, openLow ^ end);
    }
    const stream = encryptBlocks(input);
    const wordUnit = WORD % size;
    for (let at = 0, row = 0; at < input.length; at += BLOCK_BYTES, row++) {
      const added = inWords ? twoWords(stream, at, size, wordUnit) : chunks(stream, at, size);
      const sum = targets[row]! + direction * added;
      targets[row] = sum < 0 ? sum + size : sum < size ? sum : sum - size;
    }
  }

  function store(numerals: Uint16Array): void {
    for (let row = 0, at = 0; at < numerals.length; row++) {
      put(lefts[row]!, numerals, at, leftLength);
      at += leftLength;
      put(rights[row]!, numerals, at, rightLength);
      at += rightLength;
    }
  }

  function put(half: number, numerals: Uint16Array, start: number, count: number): void {
    let rest = half;
    for (let at = start + count - 1; at >= start; at--) {
      const quotient = Math.floor(rest / radix);
      numerals[at] = rest - quotient * radix;
      rest = quotient;
    }
  }

  return { load, mix, store };
}

/** The same for 8 bytes, as two words: of halves as small as the default format's it is the fastest way. */
function twoWords(stream: Buffer, at: number, size: number, wordUnit: number): number {
  const high =
    ((stream[at]! << 24) | (stream[at + 1]! << 16) | (stream[at + 2]! << 8) | stream[at + 3]!) >>> 0;
  const low =
    ((stream[at + 4]! << 24) | (stream[at + 5]! << 16) | (stream[at + 6]! << 8) | stream[at + 7]!) >>> 0;
  const sum = (high % size) * wordUnit + low;
  return sum - Math.floor(sum / size) * size;
}
