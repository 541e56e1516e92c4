import { overHttp1 } from "./generator/http1.ts";
import { must, under } from "./line.ts";
import { load, percentile, verdicts } from "./load.ts";
import { type Benchmark, median } from "./result.ts";
import { OutboxWatch } from "./stand/outbox-watch.ts";
import { Stand } from "./stand/stand.ts";

const connections = 64;
const flatOut = { turns: 4, seconds: 3 };
const seconds = 60;
const emptyWithinSeconds = 5;

/**
 * What a caller waits, and how far the ledger is behind, when the service has as much to do as one plans for: half of what it did flat out
 * a moment ago. The load test sends on schedule whatever the server does, and audits.
 */
export const halfRate: Benchmark = {
  title: "At half the flat-out rate",
  about: `${seconds} s, open loop, by the load test: latency from when a request was due; the ledger's lag is the age of the oldest entry of the outbox.`,
  async run() {
    await using stand = await Stand.open();
    const campaignId = await stand.createCampaign("flat-out");
    const drive = overHttp1(connections);
    const rates: number[] = [];
    for (let turn = 0; turn < flatOut.turns; turn++) {
      const target = { url: stand.url, campaignId, seconds: flatOut.seconds };
      const { perSecond } = await stand.turn(
        () => drive.run(target),
        () => stand.drained(campaignId),
      );
      // The first one warms up.
      if (turn > 0) rates.push(perSecond);
    }
    const rate = Math.round(median(rates) / 2);

    await using watch = await OutboxWatch.open(stand.redis!.url);
    const report = await load(stand, ["--rate", String(rate), "--duration", `${seconds}s`]);
    const endMs = Date.parse(report.run.startTime) + report.load.durationMs;
    const lag = watch.lag(Date.parse(report.run.startTime), endMs);
    const { refused, errors } = report.load;
    return {
      settings: { generator: "load test", flatOut: median(rates), rate, seconds, connections, loop: "open" },
      lines: [
        under("p99 latency", [percentile(report, 99)], 8, "ms"),
        under("p99 of the ledger's lag", [lag.p99Seconds], 1, "s"),
        under("outbox empty after the load's end", [lag.emptyAfterSeconds], emptyWithinSeconds, "s"),
        must("refused and failed", String(refused + errors), "0", refused + errors === 0),
        ...verdicts(report),
      ],
      figures: {
        lag,
        load: report.load,
        percentiles: report.latency.percentiles,
        loadTest: report.generator,
      },
    };
  },
};
