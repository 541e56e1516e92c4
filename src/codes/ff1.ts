import { aes, BLOCK_BYTES } from "./aes.ts";
import type { Direction } from "./halves.ts";
import { MAX_NARROW_HALF, narrowHalves } from "./narrow-halves.ts";
import type { Permutation, PermutationSpec } from "./permutation.ts";
import { wideHalves } from "./wide-halves.ts";

/** FF1 is not allowed on fewer values (NIST SP 800-38G Rev. 1, 5.1). */
export const MIN_FF1_SPACE = 1_000_000;

const ROUNDS = 10;

/**
 * FF1 format-preserving encryption (NIST SP 800-38G, algorithms 7 and 8) with AES-128, -192 or -256, for
 * radices 2 to 65,536. All rows of a batch go through a round together: one cipher call a round while a half
 * fits 12 bytes. Throws a RangeError for a radix, key or space that FF1 doesn't allow.
 */
export function ff1({
  radix,
  length,
  key,
  tweak = new Uint8Array(0),
}: PermutationSpec & { tweak?: Uint8Array }): Permutation {
  if (!Number.isInteger(radix) || radix < 2 || radix > 65_536) {
    throw new RangeError(`FF1 needs a radix from 2 to 65536, not ${radix}`);
  }
  if (!Number.isInteger(length) || !(radix ** length >= MIN_FF1_SPACE)) {
    throw new RangeError(`FF1 needs at least ${MIN_FF1_SPACE} values, not ${radix} ** ${length}`);
  }
  const encryptBlocks = aes("ecb", key);
  const leftLength = Math.floor(length / 2);
  const rightLength = length - leftLength;
  const largestHalf = BigInt(radix) ** BigInt(rightLength) - 1n;
  const halfBytes = Math.ceil(largestHalf.toString(2).length / 8);

  // P || Q, the PRF's input (steps 5 and 6.i), its last 1 + halfBytes bytes still zero.
  const input = Buffer.alloc(BLOCK_BYTES + roundUp(tweak.length + 1 + halfBytes, BLOCK_BYTES));
  input.set([1, 2, 1, radix >> 16, (radix >> 8) & 0xff, radix & 0xff, ROUNDS, leftLength & 0xff]);
  input.writeUInt32BE(length, 8);
  input.writeUInt32BE(tweak.length, 12);
  input.set(tweak, BLOCK_BYTES);
  // The PRF is a CBC-MAC: blocks that no row or round changes are chained here, once for the key.
  const openAt = input.length - roundUp(1 + halfBytes, BLOCK_BYTES);
  for (let at = 0; at < openAt; at += BLOCK_BYTES) {
    const chained = encryptBlocks(input.subarray(at, at + BLOCK_BYTES));
    for (let i = 0; i < BLOCK_BYTES; i++) input[at + BLOCK_BYTES + i]! ^= chained[i]!;
  }

  const halvesOf = largestHalf < MAX_NARROW_HALF ? narrowHalves : wideHalves;
  const halves = halvesOf({
    radix,
    leftLength,
    rightLength,
    halfBytes,
    streamBytes: roundUp(halfBytes, 4) + 4,
    open: input.subarray(openAt),
    encryptBlocks,
  });

  function run(numerals: Uint16Array, direction: Direction): void {
    halves.load(numerals);
    for (let step = 0; step < ROUNDS; step++) {
      halves.mix(direction === 1 ? step : ROUNDS - 1 - step, direction);
    }
    halves.store(numerals);
  }
  return { encrypt: (numerals) => run(numerals, 1), decrypt: (numerals) => run(numerals, -1) };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
