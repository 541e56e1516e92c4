import { describe, expect, it } from "vitest";
import { ff1 } from "./ff1.ts";
import { smallPermutation } from "./small-permutation.ts";

const key = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");

describe.each([
  { name: "table", make: smallPermutation, radix: 10, length: 3 },
  { name: "table", make: smallPermutation, radix: 2, length: 10 },
  { name: "table", make: smallPermutation, radix: 7, length: 7 },
  { name: "table", make: smallPermutation, radix: 65_536, length: 1 },
  { name: "FF1", make: ff1, radix: 10, length: 6 },
  { name: "FF1", make: ff1, radix: 101, length: 3 },
])("$name over $radix^$length", ({ make, radix, length }) => {
  const permutation = make({ radix, length, key });
  const size = radix ** length;
  const every = rowsFrom(0, size);
  const images = every.slice();
  permutation.encrypt(images);

  it("reaches every value once", () => {
    const reached = new Uint8Array(size);
    for (let row = 0; row < size; row++) reached[valueAt(images, row)] = 1;
    expect(reached.indexOf(0)).toBe(-1);
  });

  it("leads back", () => {
    const back = images.slice();
    permutation.decrypt(back);
    expect(same(back, every)).toBe(true);
  });

  it("gives a row the same image in batches of any size, larger or smaller than the last", () => {
    const fresh = make({ radix, length, key });
    for (const [start, count] of [
      [5, 1],
      [0, 0],
      [3, 2],
      [100, 300],
      [7, 8],
    ] as const) {
      const batch = rowsFrom(start, count);
      fresh.encrypt(batch);
      expect(batch).toEqual(images.slice(start * length, (start + count) * length));
    }
  });

  it("is another one under another key of any length", () => {
    for (const otherKey of [Buffer.alloc(16), Buffer.alloc(24), Buffer.alloc(32)]) {
      const batch = rowsFrom(0, 100);
      make({ radix, length, key: otherKey }).encrypt(batch);
      expect(same(batch, images.subarray(0, batch.length))).toBe(false);
    }
  });

  it("refuses a key that AES has no use for", () => {
    expect(() => make({ radix, length, key: Buffer.alloc(20) })).toThrow("16, 24 or 32 bytes");
  });

  function rowsFrom(start: number, count: number): Uint16Array {
    const rows = new Uint16Array(count * length);
    for (let row = 0; row < count; row++) {
      let rest = start + row;
      for (let i = length - 1; i >= 0; i--) {
        rows[row * length + i] = rest % radix;
        rest = Math.floor(rest / radix);
      }
    }
    return rows;
  }

  function valueAt(rows: Uint16Array, row: number): number {
    let value = 0;
    for (let i = 0; i < length; i++) value = value * radix + rows[row * length + i]!;
    return value;
  }
});

function same(a: Uint16Array, b: Uint16Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
}
