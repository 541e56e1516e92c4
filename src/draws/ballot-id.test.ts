import { expect, test } from "vitest";
import { BallotIds } from "./ballot-id.ts";

const user = Buffer.alloc(16, 7);
const ids = new BallotIds(Buffer.alloc(32, 1));
const id = ids.of("c", user, "2026-11-20", 1);

test("a ballot has one id, and every other ballot another", () => {
  expect(id).toMatch(/^[0-9A-Z]{20}$/);
  expect(ids.of("c", user, "2026-11-20", 1)).toBe(id);
  const others = [
    ids.of("d", user, "2026-11-20", 1),
    ids.of("c", Buffer.alloc(16, 8), "2026-11-20", 1),
    ids.of("c", user, "2026-11-21", 1),
    ids.of("c", user, "2026-11-20", 2),
    new BallotIds(Buffer.alloc(32, 2)).of("c", user, "2026-11-20", 1),
  ];
  expect(new Set([id, ...others]).size).toBe(6);
});
