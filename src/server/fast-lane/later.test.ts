import { expect, test } from "vitest";
import { Later } from "./later.ts";

const heard = (later: Later<string>) => {
  const told: unknown[] = [];
  later.listen(
    (value) => told.push(value),
    (error) => told.push(["error", error]),
  );
  return told;
};

test("whoever listens is told at once, before or after", () => {
  const later = new Later<string>();
  const before = heard(later);
  expect(before).toEqual([]);
  later.resolve("one");
  expect(before).toEqual(["one"]);
  expect(heard(later)).toEqual(["one"]);

  const failed = new Later<string>();
  const told = heard(failed);
  failed.reject("why");
  expect(told).toEqual([["error", "why"]]);
  expect(heard(failed)).toEqual([["error", "why"]]);
});

test("to everybody else it is a promise", async () => {
  const later = new Later<string>();
  setImmediate(() => later.resolve("two"));
  expect(await later).toBe("two");
  const failed = new Later<string>();
  failed.reject(new Error("why"));
  await expect(Promise.resolve(failed)).rejects.toThrow("why");
  expect(await failed.then(undefined, () => "caught")).toBe("caught");
});
