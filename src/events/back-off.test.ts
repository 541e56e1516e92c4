import { expect, test } from "vitest";
import { backOffMs, retryAfterMs } from "./back-off.ts";

test("waits twice as long after each failure, up to 15 minutes, and half of it by chance", () => {
  expect([1, 2, 3, 10].map((failures) => backOffMs(failures, 1))).toEqual([1_000, 2_000, 4_000, 512_000]);
  expect([11, 40, 1e9].map((failures) => backOffMs(failures, 1))).toEqual([900_000, 900_000, 900_000]);
  expect(backOffMs(3, 0)).toBe(2_000);
});

test.each([
  ["7", 7_000],
  ["0", 0],
  ["86400", 3_600_000],
  ["Fri, 20 Nov 2026 12:00:30 GMT", 30_000],
  ["Fri, 20 Nov 2026 11:00:00 GMT", 0],
  ["Fri, 20 Nov 2037 11:00:00 GMT", 3_600_000],
  ["soon", 0],
  ["-5", 0],
  [undefined, 0],
])("Retry-After: %s is %i ms", (header, expected) => {
  expect(retryAfterMs(header, Date.UTC(2026, 10, 20, 12))).toBe(expected);
});
