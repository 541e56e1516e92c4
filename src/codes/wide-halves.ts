import { BLOCK_BYTES } from "./aes.ts";
import type { Direction, Halves, HalvesSpec } from "./halves.ts";

const WORD_BYTES = 8;

/** Halves of any size, in BigInts. Blocks lie in planes: the first block of every row, then the second, … */
export function wideHalves(spec: HalvesSpec): Halves {
  const { leftLength, rightLength, halfBytes, streamBytes, open, encryptBlocks } = spec;
  const radix = BigInt(spec.radix);
  const leftSize = radix ** BigInt(leftLength);
  const rightSize = radix ** BigInt(rightLength);
  const openWords = open.length / WORD_BYTES;
  const streamWords = Math.ceil(streamBytes / WORD_BYTES);
  const unusedBits = BigInt((streamWords * WORD_BYTES - streamBytes) * 8);

  let lefts: bigint[] = [];
  let rights: bigint[] = [];

  function load(numerals: Uint16Array): void {
    lefts = [];
    rights = [];
    for (let at = 0; at < numerals.length; ) {
      lefts.push(take(numerals, at, leftLength));
      at += leftLength;
      rights.push(take(numerals, at, rightLength));
      at += rightLength;
    }
  }

  function take(numerals: Uint16Array, start: number, count: number): bigint {
    let half = 0n;
    for (let at = start; at < start + count; at++) half = half * radix + BigInt(numerals[at]!);
    return half;
  }

  function mix(round: number, direction: Direction): void {
    const changesLeft = round % 2 === 0;
    const targets = changesLeft ? lefts : rights;
    const size = changesLeft ? leftSize : rightSize;
    const stream = streamFor(round, changesLeft ? rights : lefts);
    const words = new DataView(stream.buffer, stream.byteOffset, stream.length);
    for (let row = 0; row < targets.length; row++) {
      let added = 0n;
      for (let word = 0; word < streamWords; word++) {
        added = (added << 64n) | words.getBigUint64(wordAt(word, row, targets.length));
      }
      added = (added >> unusedBits) % size;
      const sum = direction === 1 ? targets[row]! + added : targets[row]! - added;
      targets[row] = sum < 0n ? sum + size : sum < size ? sum : sum - size;
    }
  }

  /** Steps 6.i to 6.iii for all rows: the PRF of each, stretched to streamBytes or more, in whole blocks. */
  function streamFor(round: number, sources: bigint[]): Buffer {
    const planeBytes = sources.length * BLOCK_BYTES;
    const input = inputFor(round, sources);
    let chained = encryptBlocks(input.subarray(0, planeBytes));
    for (let plane = planeBytes; plane < input.length; plane += planeBytes) {
      for (let i = 0; i < planeBytes; i++) chained[i]! ^= input[plane + i]!;
      chained = encryptBlocks(chained);
    }
    if (streamBytes <= BLOCK_BYTES) return chained;

    const planes = [chained];
    for (let block = 1; block * BLOCK_BYTES < streamBytes; block++) {
      const counted = Buffer.from(chained);
      for (let last = BLOCK_BYTES - 1; last < planeBytes; last += BLOCK_BYTES) counted[last]! ^= block;
      planes.push(encryptBlocks(counted));
    }
    return Buffer.concat(planes);
  }

  function inputFor(round: number, sources: bigint[]): Buffer {
    const rows = sources.length;
    const planes: Buffer[] = [];
    for (let at = 0; at < open.length; at += BLOCK_BYTES) {
      planes.push(Buffer.alloc(rows * BLOCK_BYTES, open.subarray(at, at + BLOCK_BYTES)));
    }
    const input = Buffer.concat(planes);
    const words = new DataView(input.buffer, input.byteOffset, input.length);
    const roundBits = BigInt(round) << BigInt(halfBytes * 8);
    for (let row = 0; row < rows; row++) {
      let end = roundBits | sources[row]!;
      for (let word = openWords - 1; end > 0n; word--) {
        const at = wordAt(word, row, rows);
        words.setBigUint64(at, words.getBigUint64(at) ^ BigInt.asUintN(64, end));
        end >>= 64n;
      }
    }
    return input;
  }

  function store(numerals: Uint16Array): void {
    for (let row = 0, at = 0; at < numerals.length; row++) {
      put(lefts[row]!, numerals, at, leftLength);
      at += leftLength;
      put(rights[row]!, numerals, at, rightLength);
      at += rightLength;
    }
  }

  function put(half: bigint, numerals: Uint16Array, start: number, count: number): void {
    let rest = half;
    for (let at = start + count - 1; at >= start; at--) {
      numerals[at] = Number(rest % radix);
      rest /= radix;
    }
  }

  return { load, mix, store };
}

/** Where a row's n-th word lies, two to a block. */
function wordAt(word: number, row: number, rows: number): number {
  return ((word >> 1) * rows + row) * BLOCK_BYTES + (word & 1) * WORD_BYTES;
}
