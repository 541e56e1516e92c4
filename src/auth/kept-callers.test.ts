import { expect, test } from "vitest";
import type { Caller } from "./caller.ts";
import { KeptCallers } from "./kept-callers.ts";

const callerOf = (subject: string): Caller => ({ role: "user", keyId: undefined, subject });

test("a caller is kept until its time", () => {
  const kept = new KeptCallers(3);
  kept.keep("a", callerOf("ann"), 100);
  expect(kept.get("a", 99)).toMatchObject({ caller: { subject: "ann" } });
  expect(kept.get("a", 100)).toBeUndefined();
  expect(kept.get("b", 0)).toBeUndefined();
});

test("there are never more than so many, and the oldest goes first", () => {
  const kept = new KeptCallers(3);
  for (const id of ["a", "b", "a", "c", "d"]) kept.keep(id, callerOf(id), 100);
  expect(["a", "b", "c", "d"].map((id) => kept.get(id, 0)?.caller.subject)).toEqual([
    "a",
    undefined,
    "c",
    "d",
  ]);
});
