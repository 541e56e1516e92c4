import { ff1, MIN_FF1_SPACE } from "./ff1.ts";
import { type CodeFormat, formatProblems, room } from "./format.ts";
import { smallPermutation } from "./small-permutation.ts";

/** Turns serials into codes and back. */
export interface Codec {
  /**
   * The codes of a batch of serials, in order; a batch of any size gives the same codes, a large one cheaper.
   * Throws a RangeError for what is no serial of the space.
   */
  encode(serials: readonly number[]): string[];
  /**
   * The serial behind a code, or undefined for any string that `encode` would never return. There is one way
   * to write a code: case, normalisation and look-alikes are not forgiven, since elsewhere codes are compared
   * byte by byte.
   */
  decode(code: string): number | undefined;
}

/**
 * The codec of a code space: FF1 over all strings of the format, or a shuffled table where FF1 is not
 * allowed. `key` is the space's own, of 16, 24 or 32 bytes. Throws a RangeError for a format that has
 * problems.
 */
export function codec(format: CodeFormat, key: Uint8Array): Codec {
  for (const { field, problem } of formatProblems(format)) throw new RangeError(`${field}: ${problem}`);
  const { length, prefix } = format;
  const symbols = [...format.alphabet];
  const numeralOf = new Map(symbols.map((symbol, numeral) => [symbol, numeral]));
  const radix = symbols.length;
  const serialCount = room(format, { allowGuessable: true });
  const permutation =
    radix ** length < MIN_FF1_SPACE ? smallPermutation({ radix, length, key }) : ff1({ radix, length, key });

  function encode(serials: readonly number[]): string[] {
    const numerals = new Uint16Array(serials.length * length);
    let end = 0;
    for (const serial of serials) {
      if (!Number.isInteger(serial) || serial < 0 || serial >= serialCount) {
        throw new RangeError(`${serial} is no serial of a space with ${serialCount}`);
      }
      end += length;
      for (let rest = serial, at = end - 1; rest > 0; at--) {
        const quotient = Math.floor(rest / radix);
        numerals[at] = rest - quotient * radix;
        rest = quotient;
      }
    }
    permutation.encrypt(numerals);
    const codes = new Array<string>(serials.length);
    for (let row = 0, at = 0; row < codes.length; row++) {
      let code = prefix;
      for (const next = at + length; at < next; at++) code += symbols[numerals[at]!];
      codes[row] = code;
    }
    return codes;
  }

  function decode(code: string): number | undefined {
    if (!code.startsWith(prefix)) return undefined;
    const numerals = new Uint16Array(length);
    let at = 0;
    for (const symbol of code.slice(prefix.length)) {
      const numeral = numeralOf.get(symbol);
      if (numeral === undefined || at === length) return undefined;
      numerals[at++] = numeral;
    }
    if (at < length) return undefined;
    permutation.decrypt(numerals);
    const serial = numerals.reduce((value, numeral) => value * radix + numeral, 0);
    return serial < serialCount ? serial : undefined;
  }

  return { encode, decode };
}
