import fc from "fast-check";
import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

test("a burst passes at once, then one for each token", () => {
  let nowMs = 1_000;
  const limit = new RateLimit({ perSecond: 10, burst: 3 }, () => nowMs);
  const call = () => {
    const waitMs = limit.waitMs("ada");
    if (waitMs === 0) limit.take("ada", 1);
    return waitMs;
  };
  expect([call(), call(), call(), call()]).toEqual([0, 0, 0, 100]);
  nowMs += 99;
  expect(call()).toBe(1);
  nowMs += 1;
  expect([call(), call()]).toEqual([0, 100]);
  nowMs += 1e6;
  expect([call(), call(), call(), call()]).toEqual([0, 0, 0, 100]);
});

test("who takes more than is left owes it", () => {
  let nowMs = 0;
  const limit = new RateLimit({ perSecond: 10, burst: 5 }, () => nowMs);
  limit.take("batch", 25);
  expect(limit.waitMs("batch")).toBe(2_100);
  nowMs = 2_100;
  expect(limit.waitMs("batch")).toBe(0);
});

test("in no time does anybody get more than rate and burst allow, nor is anybody refused who asks for less", () => {
  const rate = fc.record({
    perSecond: fc.double({ min: 0.5, max: 1000, noNaN: true }),
    burst: fc.integer({ min: 1, max: 50 }),
  });
  const pausesMs = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(rate, pausesMs, ({ perSecond, burst }, pauses) => {
      let nowMs = 0;
      const limit = new RateLimit({ perSecond, burst }, () => nowMs);
      // A bucket of tokens, as anybody would write it.
      let tokens = burst;
      for (const pauseMs of pauses) {
        nowMs += pauseMs;
        tokens = Math.min(burst, tokens + (pauseMs * perSecond) / 1_000);
        const waitMs = limit.waitMs("a");
        if (tokens > 1.001) expect(waitMs).toBe(0);
        if (tokens < 0.999) expect(waitMs).toBeGreaterThan(0);
        if (waitMs > 0) continue;
        limit.take("a", 1);
        tokens -= 1;
      }
    }),
  );
});

test("names are apart, and there are not more of them in memory than there may be", () => {
  let nowMs = 0;
  const limit = new RateLimit({ perSecond: 0.001, burst: 1 }, () => nowMs);
  const isHeld = (name: string) => limit.waitMs(name) > 0;
  for (let i = 0; i < 120_000; i++) limit.take(`user-${i}`, 1);
  expect(isHeld("user-119999")).toBe(true);
  expect(isHeld("user-60000")).toBe(true);
  expect(isHeld("user-1")).toBe(false);
  // Whoever goes on is not forgotten for the others' sake.
  limit.take("busy", 1);
  for (let i = 0; i < 300_000; i++) {
    nowMs += 0.001;
    limit.take(`other-${i}`, 1);
    if (i % 40_000 === 0) limit.take("busy", 1);
  }
  expect(isHeld("busy")).toBe(true);
});
