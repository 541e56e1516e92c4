/**
 * A keyed permutation of all strings of `length` numerals below `radix`. It works on a batch: `numerals`
 * holds whole rows of `length` numerals each, most significant first, and every row is replaced by its image
 * in place. Rows may hold only numerals below the radix; this is not checked.
 */
export interface Permutation {
  encrypt(numerals: Uint16Array): void;
  decrypt(numerals: Uint16Array): void;
}

/** What a permutation is made from. `key` has 16, 24 or 32 bytes. */
export interface PermutationSpec {
  radix: number;
  length: number;
  key: Uint8Array;
}
