import { expect, test } from "vitest";
import { PhoneBook } from "./phone-book.ts";

const book = new PhoneBook({ phoneKey: Buffer.alloc(32, 1), phoneHashKey: Buffer.alloc(32, 2) });
const number = "+821012345678";
const [alice, bob] = [Buffer.alloc(16, 3), Buffer.alloc(16, 4)];

test("a sealed number shows nothing, differs each time, and opens for its user alone", () => {
  const sealed = book.seal(number, alice);
  expect(sealed.includes("1012345678")).toBe(false);
  expect(book.seal(number, alice)).not.toEqual(sealed);
  expect(book.open(sealed, alice)).toBe(number);
  expect(() => book.open(sealed, bob)).toThrow("can't be opened");
});

test("a number's hash is the same again, and another one under another key", () => {
  const other = new PhoneBook({ phoneKey: Buffer.alloc(32, 1), phoneHashKey: Buffer.alloc(32, 5) });
  expect(book.hash(number)).toEqual(book.hash(number));
  expect(book.hash(number)).toHaveLength(16);
  expect(book.hash(number)).not.toEqual(book.hash("+821012345679"));
  expect(book.hash(number)).not.toEqual(other.hash(number));
});
