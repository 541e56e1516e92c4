import fc from "fast-check";
import { expect, test } from "vitest";
import { type Measures, parseObjective } from "./objective.ts";

const measures: Measures = {
  latencyMs: (percentage) => (percentage === 100 ? 120 : percentage === 99 ? 50 : percentage / 10),
  rate: 1_000,
  errors: 2,
  due: 1_000,
};
const met = (text: string): boolean => parseObjective(text).measure(measures).met;

test.each([
  ["p99<50ms", false],
  ["p99<=50ms", true],
  ["p99 < 0.051s", true],
  ["p50<5001us", true],
  ["p50<5000us", false],
  ["p99.9<10ms", true],
  ["p99.99<9.9ms", false],
  ["max<121ms", true],
  ["max<100ms", false],
  ["rate>999.9", true],
  ["rate>1000", false],
  ["rate>=1000", true],
  ["errors<3", true],
  ["errors<2", false],
  ["errors<=0.2%", true],
  ["errors<0.2%", false],
])("%s: %s", (text, expected) => {
  expect(met(text)).toBe(expected);
});

test.each([
  "",
  "p99",
  "p99<50",
  "p99>50ms",
  "p100<1ms",
  "rate<5",
  "rate>5ms",
  "errors>1",
  "errors<1ms",
  "max<5%",
  "p99<-1ms",
  "p99<<1ms",
  "p99<1msx",
])("'%s' is refused with what an objective looks like", (text) => {
  expect(() => parseObjective(text)).toThrow(/p99\.9/);
});

test("a bound is kept exactly when the figure is below it, whatever the unit", () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000_000 }), fc.nat({ max: 10_000_000 }), (actualUs, boundUs) => {
      const seen = { ...measures, latencyMs: () => actualUs / 1_000 };
      const says = (text: string) => parseObjective(text).measure(seen).met;
      expect(says(`p99<${boundUs}us`)).toBe(actualUs / 1_000 < boundUs * 0.001);
    }),
  );
});

test("the actual figure is told", () => {
  expect(parseObjective("errors<1").measure(measures).actual).toBe("2 (0.200%)");
  expect(parseObjective("max<1s").measure(measures).actual).toBe("120.000ms");
});
