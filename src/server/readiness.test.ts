import { expect, test } from "vitest";
import { createReadiness, untilReady } from "./readiness.ts";

test("who waits for it is told when the last thing in the way is gone, at once where nothing is, and after some time anyway", async () => {
  const readiness = createReadiness();
  await untilReady(readiness, 60_000);
  readiness.block("one", "why");
  readiness.block("other", "why");
  let ready = false;
  const waiting = untilReady(readiness, 60_000).then(() => {
    ready = true;
  });
  readiness.clear("one");
  await new Promise((resolve) => setImmediate(resolve));
  expect(ready).toBe(false);
  readiness.clear("other");
  await waiting;
  readiness.block("one", "why");
  await untilReady(readiness, 1);
  expect(readiness.ready).toBe(false);
});
