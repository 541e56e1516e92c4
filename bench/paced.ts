import { startAllot } from "../test/servers/allot.ts";
import { load, percentile } from "./load.ts";
import type { Bench } from "./result.ts";

const rate = 1_000;
const seconds = 60;

/** A rate that any sale has, for a minute: what a caller waits, counted from when the request was due. */
export const paced: Bench = async (servers) => {
  const server = await startAllot({ env: servers });
  try {
    const report = await load(server.url, servers.MYSQL_URL, [
      "--rate",
      String(rate),
      "--duration",
      `${seconds}s`,
    ]);
    const p99 = percentile(report, 99);
    const { refused, errors } = report.load;
    return {
      settings: { rate, seconds, scenario: "steady", protocol: "connect", loop: "open" },
      lines: [
        { what: "p99 latency", measured: `${p99} ms`, bound: "under 10 ms", passed: p99 < 10 },
        {
          what: "refused and failed",
          measured: `${refused + errors}`,
          bound: "0",
          passed: refused + errors === 0,
        },
        { what: "audit", measured: report.verdict.word, bound: "PASS", passed: report.verdict.passed },
      ],
      figures: { load: report.load, percentiles: report.latency.percentiles },
    };
  } finally {
    await server.stop();
  }
};
