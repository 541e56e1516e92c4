import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FieldProblem } from "./errors.ts";
import { pageOf, pageToken } from "./pages.ts";

const key = randomBytes(32);
const query = ["ListCampaigns", "active"];

function page(request: { pageSize?: number; pageToken?: string }, of = query) {
  const problems: FieldProblem[] = [];
  return { ...pageOf(key, of, { pageSize: 0, pageToken: "", ...request }, problems), problems };
}

test("goes on where the page before ended", () => {
  const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(number), (of, after) => {
      expect(page({ pageToken: pageToken(key, of, after) }, of)).toMatchObject({ after, problems: [] });
    }),
  );
});

test("has 100 rows unless asked for 1 to 1,000", () => {
  expect(page({})).toEqual({ size: 100, after: undefined, problems: [] });
  expect(page({ pageSize: 1 }).size).toBe(1);
  expect(page({ pageSize: 1_000 })).toMatchObject({ size: 1_000, problems: [] });
  expect(page({ pageSize: 1_001 }).problems).toEqual([
    { field: "page_size", problem: "It must be 1 to 1000, not 1001." },
  ]);
});

test("a token of another query, of another key, or made up is refused", () => {
  const token = pageToken(key, query, [7]);
  const bad = [
    "x",
    "not base64!",
    Buffer.alloc(36).toString("base64url"),
    pageToken(randomBytes(32), query, [7]),
    pageToken(key, ["ListCampaigns", "ended"], [7]),
    pageToken(key, ["ListCoupons", "active"], [7]),
    `${token.slice(0, -2)}AA`,
  ];
  for (const pageToken of bad) {
    const { problems, after } = page({ pageToken });
    expect(problems.map(({ field }) => field)).toEqual(["page_token"]);
    expect(after).toBeUndefined();
  }
});

test("a token does not show the numbers in it", () => {
  const numbers = [123_456_789, 1];
  const plain = Buffer.alloc(8);
  plain.writeDoubleBE(numbers[0]!);
  expect(Buffer.from(pageToken(key, query, numbers), "base64url").includes(plain)).toBe(false);
  expect(pageToken(key, query, numbers)).not.toBe(pageToken(key, query, numbers));
});
