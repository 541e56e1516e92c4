/**
 * A raffle from its first ticket to its winners: claimed flat out by the public port, a new user with every claim, with Redis that syncs every
 * write and MariaDB that syncs every commit; then the winners are drawn, once all claims are in the ledger. The generator is in this process
 * and takes CPU from what it measures. Passes if every number was given out once, their order passes the runs test, and drawing takes less than
 * two seconds, by the client's clock.
 *
 *   node bench/raffle.ts [--tickets 1000000]
 */
import { parseArgs } from "node:util";
import { deviationBound, runsAroundMedian } from "../loadtest/audit/statistics/runs.ts";
import { claimTicket, partsOf } from "../loadtest/mechanic/raffle/claim-ticket.ts";
import { protoCodec } from "../loadtest/sender/connect-codec.ts";
import { Http1Sender } from "../loadtest/sender/http1/http1-sender.ts";
import { ensureServers } from "../test/servers/ensure-servers.ts";
import { must, under } from "./line.ts";
import { thisMachine } from "./report/machine.ts";
import { tell } from "./report/tell.ts";
import type { Benchmark, Result } from "./result.ts";
import { Stand } from "./stand/stand.ts";

const usual = 1_000_000;
const winners = 1_000;
const connections = 128;
const drawSeconds = 2;
const campaignId = "raffle";

export const raffle: Benchmark = {
  title: "A raffle of a million tickets",
  about: `${usual.toLocaleString("en")} tickets claimed flat out over ${connections} connections, then ${winners.toLocaleString("en")} winners drawn.`,
  deep: true,
  run: () => measure(usual),
};

async function measure(tickets: number): Promise<Result> {
  await using stand = await Stand.open();
  await stand.createCampaignOf(campaignId, {
    mechanic: { case: "raffle", value: { tickets } },
    prizes: [{ quota: Math.min(winners, tickets) }],
  });
  const claimStartMs = performance.now();
  const numbers = await claimAll(stand, tickets);
  const claimSeconds = (performance.now() - claimStartMs) / 1000;
  const drainSeconds = (await stand.drained(campaignId)) / 1000;

  const drawStartMs = performance.now();
  const { outcome } = await stand.clients.raffles.drawWinners({ campaignId });
  const drawnSeconds = (performance.now() - drawStartMs) / 1000;
  const drawn = outcome.case === "draw" ? outcome.value : undefined;

  const seen = new Uint8Array(tickets + 1);
  for (const number of numbers) seen[number] = 1;
  const distinct = seen.subarray(1).reduce((sum, one) => sum + one, 0);
  const { runs, expected, deviation } = runsAroundMedian(numbers);
  const figure = (value: number) => Math.round(value).toLocaleString("en");
  return {
    settings: {
      tickets,
      winners,
      connections,
      generator: "the load test's own sender",
      appendfsync: "always",
    },
    lines: [
      must(
        "numbers",
        `${figure(distinct)} of 1 to ${figure(tickets)}`,
        "every one once",
        distinct === tickets,
      ),
      must(
        "the order's runs around the median",
        `${figure(runs)} of ${figure(expected)} expected, ${deviation.toFixed(2)} standard deviations`,
        `at most ±${deviationBound.toFixed(2)} (p = 0.001)`,
        Math.abs(deviation) <= deviationBound,
      ),
      must(
        "winners",
        drawn ? `${figure(drawn.winners)} of ${figure(drawn.tickets)} tickets` : "not drawn",
        `${figure(Math.min(winners, tickets))} of ${figure(tickets)}`,
        drawn?.winners === Math.min(winners, tickets) && drawn.tickets === tickets,
      ),
      under("drawing them", [drawnSeconds], drawSeconds, "s"),
    ],
    figures: { claimSeconds, claimsPerSecond: tickets / claimSeconds, drainSeconds, drawnSeconds },
  };
}

/** The tickets' numbers in the order in which they were told. */
async function claimAll(stand: Stand, tickets: number): Promise<number[]> {
  const { hostname: host, port } = new URL(stand.url);
  const to = { host, port: Number(port), apiKey: undefined, connections, timeoutMs: 30_000 };
  const sender = new Http1Sender(to, protoCodec);
  await sender.open();
  const numbers: number[] = [];
  let sent = 0;
  await new Promise<void>((resolve, reject) => {
    const claim = (): void => {
      while (sent < tickets && sender.free > 0) {
        sender.send(claimTicket({ campaignId, userId: `user-${sent++}` }), (answer) => {
          if (answer.kind !== "given")
            return reject(new Error(`a claim was answered ${JSON.stringify(answer)}`));
          numbers.push(partsOf(answer.given.key).number);
          if (numbers.length === tickets) resolve();
        });
      }
    };
    sender.onFree = claim;
    claim();
  }).finally(() => sender.close());
  return numbers;
}

if (import.meta.main) {
  ensureServers();
  const { values } = parseArgs({ options: { tickets: { type: "string", default: String(usual) } } });
  const result = await measure(Number(values.tickets));
  const { processor, cores, node, redis, database } = thisMachine();
  console.log(`${processor}, ${cores} cores; Node ${node}, Redis ${redis}, ${database}`);
  console.log(JSON.stringify(result.settings));
  console.log(tell(result));
  console.log(JSON.stringify(result.figures));
  process.exit(result.lines.every(({ passed }) => passed) ? 0 : 1);
}
