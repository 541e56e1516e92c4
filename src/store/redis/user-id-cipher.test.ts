import { createCipheriv, hash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { UserIdCipher } from "./user-id-cipher.ts";

const key = randomBytes(32);
const hashOf = (id: string) => hash("sha256", id, "buffer").subarray(0, 16);

/** Rows of a hash and an id each, as columns have them, and where those are. */
function columnOf(ids: string[]): { bytes: Buffer; places: number[]; idOf(row: number): Buffer } {
  const rows = ids.map((id) => Buffer.concat([Buffer.from("le1"), hashOf(id), Buffer.from(id)]));
  const places: number[] = [];
  let at = 0;
  for (const row of rows) {
    places.push(at + 3, at + 19, at + row.length);
    at += row.length;
  }
  const bytes = Buffer.concat(rows);
  return { bytes, places, idOf: (row) => bytes.subarray(places[3 * row + 1]!, places[3 * row + 2]!) };
}

test("what was encrypted is decrypted by the same key, whatever is in which column", () => {
  const id = fc.string({ unit: "binary", maxLength: 128 });
  fc.assert(
    fc.property(fc.array(id, { maxLength: 30 }), (ids) => {
      const { bytes, places, idOf } = columnOf(ids);
      const plain = Buffer.from(bytes);
      const cipher = new UserIdCipher(key);
      cipher.mix(bytes, places);
      // An id has one encrypted form, in whatever company: an entry may be read row by row.
      ids.forEach((one, row) => {
        const alone = columnOf([one]);
        cipher.mix(alone.bytes, alone.places);
        expect(idOf(row)).toEqual(alone.idOf(0));
      });
      new UserIdCipher(key).mix(bytes, places);
      expect(bytes).toEqual(plain);
    }),
  );
});

test("an encrypted id is not the id, and nothing but ids changes", () => {
  const ids = ["ann@shop.example", "+82 10-2345-6789", "a".repeat(128)];
  const { bytes, places, idOf } = columnOf(ids);
  const plain = Buffer.from(bytes);
  new UserIdCipher(key).mix(bytes, places);
  ids.forEach((id, row) => {
    expect(bytes.includes(Buffer.from(id).subarray(0, 8))).toBe(false);
    expect(new Set(idOf(row)).size).toBeGreaterThan(row === 2 ? 60 : 8);
    const hashAt = places[3 * row]!;
    expect(bytes.subarray(hashAt - 3, hashAt + 16)).toEqual(plain.subarray(hashAt - 3, hashAt + 16));
  });
  const other = Buffer.from(bytes);
  new UserIdCipher(randomBytes(32)).mix(other, places);
  expect(other).not.toEqual(plain);
});

test("the key stream is that of AES-256 in counter mode, from the user's hash on", () => {
  const id = "x".repeat(40);
  const { bytes, places, idOf } = columnOf([id]);
  // A hash that ends in zeros counts as CTR does.
  const start = Buffer.concat([randomBytes(14), Buffer.alloc(2)]);
  bytes.set(start, places[0]);
  new UserIdCipher(key).mix(bytes, places);
  expect(idOf(0)).toEqual(createCipheriv("aes-256-ctr", key, start).update(id));
});
