import { beforeEach, expect, test } from "vitest";
import { Gate } from "./gate.ts";

let gate: Gate;
beforeEach(() => {
  gate = new Gate();
});

test("closes after a failure, twice as long after the next, and opens by itself for one to try", () => {
  expect([gate.isOpen(0), gate.isProbing]).toEqual([true, false]);
  const firstMs = gate.failed(0, 0);
  expect(firstMs).toBeGreaterThanOrEqual(500);
  expect([gate.isOpen(firstMs - 1), gate.isOpen(firstMs), gate.isProbing]).toEqual([false, true, true]);
  expect(gate.failed(firstMs, 0)).toBeGreaterThanOrEqual(1_000);
  gate.open();
  expect([gate.isOpen(firstMs), gate.isProbing]).toEqual([true, false]);
});

test("requests that were under way together fail once", () => {
  const firstMs = gate.failed(0, 0);
  for (let i = 0; i < 15; i++) expect(gate.failed(0, 0)).toBe(firstMs);
});

test("a receiver is left alone for as long as it asks for", () => {
  expect(gate.failed(0, 60_000)).toBe(60_000);
  expect(gate.failed(0, 90_000)).toBe(90_000);
  expect(gate.isOpen(89_999)).toBe(false);
});

test("an answer of any kind ends the probing", () => {
  const closedMs = gate.failed(0, 0);
  gate.reached();
  expect([gate.isProbing, gate.isOpen(closedMs)]).toEqual([false, true]);
});
