import { expect, test } from "vitest";
import { LedgerUnavailable } from "../ledger.ts";
import { asLedgerError } from "./errors.ts";

const fromServer = (errno: number, message: string) => Object.assign(new Error(message), { errno });

test("a database without room is an outage: the same request helps when there is room again", () => {
  const full = fromServer(1114, "The table 'entry' is full");
  expect(asLedgerError(full, "MySQL")).toBeInstanceOf(LedgerUnavailable);
});

test("what is wrong with a statement is no outage", () => {
  const wrong = fromServer(1064, "You have an error in your SQL syntax");
  expect(asLedgerError(wrong, "MySQL")).toBe(wrong);
});
