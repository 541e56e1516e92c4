import { availableParallelism, cpus } from "node:os";
import type { Load } from "../crew/crew.ts";
import { unsent } from "../record/outcome.ts";
import { judgeGenerator } from "./generator.ts";
import type { Objective } from "./objective.ts";
import type { Report, RunDescription } from "./report.ts";

const toldPercentages = [50, 75, 90, 95, 99, 99.9, 99.99];

/** The figures of a load, before audit and verdict. */
export const measure = (
  run: RunDescription,
  load: Load,
  objectives: Objective[],
): Omit<Report, "audit" | "verdict"> => {
  const { timeline, durationMs } = load;
  const { latency, outcomes, sent } = timeline;
  const given = timeline.ended("given");
  const refused = timeline.ended("refused");
  const errors = timeline.ended("error");
  const due = sent + (outcomes.get(unsent) ?? 0);
  const rate = (1_000 * (given + refused)) / durationMs;
  const at = (percentage: number) => ({ percentage, ms: latency.percentileMs(percentage) });
  const measures = { latencyMs: (percentage: number) => latency.percentileMs(percentage), rate, errors, due };
  return {
    run,
    machine: {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      processor: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
    },
    load: {
      durationMs,
      due,
      sent,
      answered: given + refused,
      rate,
      given,
      refused,
      errors,
      hungUp: timeline.ended("hung up"),
    },
    latency: {
      countedFrom: run.loop === "open" ? "due" : "sent",
      count: latency.count,
      meanMs: latency.meanMs,
      maxMs: latency.maxMs,
      percentiles: toldPercentages.map(at),
      curve: curvePercentages(latency.count).map(at),
    },
    outcomes: byCount(outcomes),
    generator: judgeGenerator(load, due, run.loop === "closed"),
    settled: { asked: load.settled.asked, outcomes: byCount(load.settled.outcomes) },
    objectives: objectives.map(({ text, measure: judge }) => ({ text, ...judge(measures) })),
    timeline: timeline.points,
  };
};

const byCount = (counts: Iterable<[string, number]>) =>
  Array.from(counts, ([outcome, count]) => ({ outcome, count })).sort((a, b) => b.count - a.count);

/** 0, 5, … 85, 90, 90.5, … 99, 99.05, …: each tenth that is left in 18 steps, down to a single record; then 100. */
const curvePercentages = (count: number): number[] => {
  const percentages: number[] = [];
  for (let left = 100; (left / 100) * count >= 1; left /= 10)
    for (let step = 0; step < 18; step++) percentages.push(100 - left * (1 - step / 20));
  return [...percentages, 100];
};
