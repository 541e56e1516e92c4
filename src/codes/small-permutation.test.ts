import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { smallPermutation } from "./small-permutation.ts";

describe("smallPermutation", () => {
  // Codes that are out there must keep their serials, so these images may never change. They come from the same
  // shuffle written in Python over `openssl enc -aes-128-ctr`; 47 draws of the large one are skipped.
  it("keeps its images for ever", () => {
    const key = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
    const few = Uint16Array.from({ length: 10 }, (_, value) => value);
    smallPermutation({ radix: 10, length: 1, key }).encrypt(few);
    expect([...few]).toEqual([4, 2, 3, 1, 5, 9, 0, 7, 8, 6]);

    const many = Uint16Array.from(
      { length: 7 ** 7 * 7 },
      (_, at) => Math.floor(at / 7 / 7 ** (6 - (at % 7))) % 7,
    );
    smallPermutation({ radix: 7, length: 7, key }).encrypt(many);
    expect(createHash("sha256").update(Uint8Array.from(many)).digest("hex")).toBe(
      "9c76899b38fa9d484b834db2683f352d46a9c04119551dd4a3b8768f75408481",
    );
  });

  it("deals every order of three equally often", () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 6000; n++) {
      const values = Uint16Array.of(0, 1, 2);
      const key = createHash("sha256").update(String(n)).digest();
      smallPermutation({ radix: 3, length: 1, key }).encrypt(values);
      counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Four standard deviations around 1,000.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(116);
  });
});
