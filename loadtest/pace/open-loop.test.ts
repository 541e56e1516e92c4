import fc from "fast-check";
import { expect, test } from "vitest";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import type { Answer } from "../record/answer.ts";
import { Journal } from "../record/journal.ts";
import { Latency } from "../record/latency.ts";
import { Naming } from "../record/naming.ts";
import { unsent } from "../record/outcome.ts";
import { Recorder } from "../record/recorder.ts";
import { OpenLoop } from "./open-loop.ts";

const soldOut: Answer = { kind: "refused", reason: Reason.SOLD_OUT };

/** A loop on a clock that the test moves, in front of a server that answers when the test says so. */
const rig = (options: { count: number; everyMs: number; connections: number; timeoutMs?: number }) => {
  const naming = new Naming("t");
  const journal = new Journal({ worker: 0, campaignId: "c", naming, onePerUser: false }, 10);
  const recorder = new Recorder(journal);
  let nowMs = 0;
  let free = options.connections;
  const unanswered: ((answer: Answer) => void)[] = [];
  const loop = new OpenLoop({
    count: options.count,
    dueMs: (k) => k * options.everyMs,
    workload: { next: () => ({ user: 0, request: journal.begin(0) }) },
    recorder,
    nowMs: () => nowMs,
    timeoutMs: options.timeoutMs ?? 10_000,
    outlet: {
      get free() {
        return free;
      },
      send: (_send, onAnswer) => {
        free--;
        unanswered.push(onAnswer);
        return { hangUp: () => {} };
      },
    },
  });
  return {
    loop,
    inFlight: () => unanswered.length,
    at: (ms: number) => {
      nowMs = ms;
      loop.turn();
    },
    /** The server answers everything that it has. */
    answerAll: () => {
      for (const answer of unanswered.splice(0)) {
        free++;
        answer(soldOut);
      }
      loop.turn();
    },
    cut: () => {
      const interval = recorder.cut({ index: 0, lengthMs: 1_000, waiting: loop.waiting, utilization: 0 });
      return { ...interval, latency: Latency.decode(interval.latency) };
    },
  };
};

test("a stall counts for every request that was due in it, not only for those in flight", () => {
  const { loop, at, answerAll, cut } = rig({ count: 50, everyMs: 10, connections: 1 });
  // One connection; the server answers nothing until 500 ms, then everything at once.
  for (let ms = 0; ms < 500; ms++) at(ms);
  at(500);
  while (!loop.finished) answerAll();
  const { latency, sent } = cut();
  expect(sent).toBe(50);
  expect(latency.count).toBe(50);
  // Due at 0, 10, … 490 and answered at 500: latencies 500, 490, … 10.
  expect(latency.maxMs).toBeCloseTo(500, 0);
  expect(latency.percentileMs(50)).toBeCloseTo(250, 0);
  expect(latency.percentileMs(1)).toBeCloseTo(10, 0);
});

test("the schedule goes on whatever the server does", () => {
  const { at, inFlight, loop } = rig({ count: 100, everyMs: 1, connections: 100 });
  at(49.5);
  expect(inFlight()).toBe(50);
  expect(loop.nextDueMs).toBe(50);
});

test("what is late because the load test slept is told apart from what waits for a connection", () => {
  const slept = rig({ count: 10, everyMs: 1, connections: 10 });
  slept.at(30);
  slept.answerAll();
  const { latency, ...late } = slept.cut();
  expect(late).toMatchObject({ lateByGenerator: 10, lateByConnection: 0 });
  expect(latency.maxMs, "its own sleep counts, too").toBeCloseTo(30, 0);

  const full = rig({ count: 10, everyMs: 1, connections: 1 });
  for (let ms = 0; ms <= 30; ms++) full.at(ms);
  full.answerAll();
  expect(full.cut()).toMatchObject({ lateByGenerator: 0, lateByConnection: 1, waiting: 8 });
});

test("a request that finds no connection within the timeout is counted, with the time it waited", () => {
  const { at, cut, loop, answerAll } = rig({ count: 3, everyMs: 0, connections: 1, timeoutMs: 100 });
  at(0);
  at(100);
  answerAll();
  expect(loop.finished).toBe(true);
  const { outcomes, latency, sent } = cut();
  expect(sent).toBe(1);
  expect(Object.fromEntries(outcomes)).toEqual({ [unsent]: 2, "refused: SOLD_OUT": 1 });
  expect(latency.count).toBe(3);
  expect(latency.percentileMs(1)).toBeCloseTo(100, 0);
});

test("everything that was due is answered or given up, in any order of turns, answers and time", () => {
  const step = fc.record({ aheadMs: fc.nat({ max: 40 }), answer: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 5 }), (steps, connections) => {
      const { at, answerAll, loop, cut } = rig({ count: 30, everyMs: 5, connections, timeoutMs: 60 });
      let ms = 0;
      for (const { aheadMs, answer } of steps) {
        ms += aheadMs;
        at(ms);
        if (answer) answerAll();
      }
      ms = Math.max(ms, 145);
      for (let rounds = 0; rounds < 40 && !loop.finished; rounds++) {
        at(ms);
        answerAll();
      }
      const { outcomes, latency } = cut();
      const ended = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
      expect({ finished: loop.finished, ended, recorded: latency.count }).toEqual({
        finished: true,
        ended: 30,
        recorded: 30,
      });
    }),
  );
});

test("a stopped loop takes up nothing more", () => {
  const { at, loop, inFlight, answerAll } = rig({ count: 10, everyMs: 1, connections: 2 });
  at(5);
  loop.stop();
  at(20);
  expect([inFlight(), loop.waiting, loop.finished]).toEqual([2, 0, false]);
  answerAll();
  expect(loop.finished).toBe(true);
});
