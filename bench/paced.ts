import { must, under } from "./line.ts";
import { load, percentile, verdicts } from "./load.ts";
import type { Benchmark } from "./result.ts";
import { Stand } from "./stand/stand.ts";

const rate = 1_000;
const seconds = 60;

/** A rate that any sale has, for a minute: what a caller waits, counted from when the request was due. */
export const paced: Benchmark = {
  title: "A thousand requests a second",
  about: "For a minute, open loop, by the load test: what a caller waits, from when the request was due.",
  async run() {
    await using stand = await Stand.open();
    const report = await load(stand, ["--rate", String(rate), "--duration", `${seconds}s`]);
    const { refused, errors } = report.load;
    return {
      settings: { generator: "load test", rate, seconds, loop: "open" },
      lines: [
        under("p99 latency", [percentile(report, 99)], 10, "ms"),
        must("refused and failed", String(refused + errors), "0", refused + errors === 0),
        ...verdicts(report),
      ],
      figures: { load: report.load, percentiles: report.latency.percentiles },
    };
  },
};
