import { expect, test } from "vitest";
import { OpenInterval } from "../record/interval.ts";
import { Latency } from "../record/latency.ts";
import { judgeGenerator } from "../report/generator.ts";
import { Timeline } from "./timeline.ts";

const interval = (
  index: number,
  latenciesMs: number[],
  utilization = 0.1,
  late = { generator: 0, connection: 0 },
) => {
  const open = new OpenInterval();
  for (const ms of latenciesMs) {
    open.sent++;
    open.latency.recordMs(ms);
    open.count("coupon: new");
  }
  open.lateByGenerator = late.generator;
  open.lateByConnection = late.connection;
  return open.cut({ index, lengthMs: 250, inFlight: 1, waiting: 0, utilization });
};

test("workers' histograms are added up, and percentiles taken of the sum", () => {
  const timeline = new Timeline();
  // One worker saw 90 quick answers, the other 10 slow ones: the median is quick, the mean of their medians would not be.
  timeline.add(interval(0, Array(90).fill(1)));
  timeline.add(interval(0, Array(10).fill(100)));
  timeline.finish();
  expect(timeline.latency.percentileMs(50)).toBeCloseTo(1, 2);
  expect(timeline.latency.percentileMs(95)).toBeCloseTo(100, 0);
  expect(timeline.points).toHaveLength(1);
  expect(timeline.points[0]).toMatchObject({ sent: 100, inFlight: 2, ended: { given: 100 } });
  expect(timeline.points[0]!.p50Ms).toBeCloseTo(1, 2);
});

test("points come in order, one for each interval, however late a worker reports", () => {
  const timeline = new Timeline();
  for (let index = -2; index < 60; index++) timeline.add(interval(index, [1]));
  timeline.add(interval(3, [1, 1, 1]));
  timeline.finish();
  const { points } = timeline;
  expect(points.map(({ index }) => index)).toEqual([...points.keys()].map((at) => at - 2));
  expect(points.reduce((sum, { sent }) => sum + sent, 0)).toBe(65);
});

const judged = (timeline: Timeline, due: number, closed = false) =>
  judgeGenerator(
    { timeline, lag: new Latency(), journals: [], settled: { asked: 0, outcomes: new Map() }, durationMs: 1 },
    due,
    closed,
  );

test("the load test is the bottleneck when more than a hundredth was late because of it", () => {
  const timeline = new Timeline();
  timeline.add(interval(0, [], 0.3, { generator: 10, connection: 500 }));
  expect(judged(timeline, 1_000).bottleneck).toBe(false);
  timeline.add(interval(1, [], 0.3, { generator: 1, connection: 0 }));
  expect(judged(timeline, 1_000)).toMatchObject({
    bottleneck: true,
    lateByGenerator: 11,
    lateByConnection: 500,
  });
});

test("waiting for a connection is charged to the load test while its event loop has no room left", () => {
  const timeline = new Timeline();
  timeline.add(interval(0, [], 0.97, { generator: 0, connection: 11 }));
  expect(judged(timeline, 1_000)).toMatchObject({
    bottleneck: true,
    lateByGenerator: 11,
    lateByConnection: 0,
  });
});

test("a closed loop's workers need room to spare while the load is on", () => {
  const timeline = new Timeline();
  timeline.add(interval(-1, [], 0));
  timeline.add(interval(0, [], 0.99));
  expect(judged(timeline, 1_000, true)).toMatchObject({ bottleneck: true, utilization: 0.99 });
  timeline.add(interval(1, [], 0.5));
  expect(judged(timeline, 1_000, true).bottleneck).toBe(false);
});
