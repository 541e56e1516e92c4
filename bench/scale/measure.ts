import { http1Generator } from "../generator/http1.ts";
import { atLeast, atMost } from "../line.ts";
import { type Benchmark, type Line, median } from "../result.ts";
import { cpuRatios, ratios, takeTurns } from "../rounds/take-turns.ts";
import type { ScaleTurn } from "./cluster-stand.ts";
import { type Costs, costAt, fitParts } from "./costs.ts";
import {
  campaignOf,
  mostConnections,
  type Name,
  names,
  pacedPerSecond,
  partitions,
  ScaleField,
} from "./field.ts";
import { syncUs, trafficOf } from "./traffic.ts";

const seconds = 2;
/** All on one master; by their batches and turns the parts of a coupon's cost are told apart. */
const flatOut: Name[] = ["1 master", "large batches", "small batches"];

type Turns = Record<Name, ScaleTurn[]>;

/** The model of docs/scale.md: its costs, and what it says of sizes that fit on this machine. */
export const scale: Benchmark = {
  title: "Scale",
  about: `Costs for the model in docs/scale.md, on a Redis Cluster with a drain by itself; and its predictions, checked with 1, 2 and 3 masters and 1 and 2 workers on these cores: flat out over ${mostConnections} connections, and at ${pacedPerSecond.toLocaleString("en")} a second for each.`,
  async run({ rounds }) {
    await using field = await ScaleField.open();
    const main = field.stand("1 master");
    const emptyBytes = await main.redisBytes();
    const everybody = Object.fromEntries(names.map((name) => [name, () => field.issue(name, seconds)]));
    const turns = (await takeTurns(everybody, { rounds, seconds })) as Turns;

    const behind = await backlog(field);
    const { requests, ...traffic } = await trafficOf(main.url, campaignOf("1 master"));
    await main.drained(campaignOf("1 master"));
    field.acknowledge("1 master", requests);
    const { rows } = await main.rows();
    const costs: Costs = {
      ...partsOf(turns),
      ...sumsOf(turns["1 master"]),
      ...behind,
      ...traffic,
      claimBytes: ((await main.redisBytes()) - emptyBytes) / rows,
      ledgerRowBytes: main.ledgerBytes / rows,
      syncUs: syncUs(),
    };
    return {
      settings: {
        generator: http1Generator,
        rounds,
        seconds,
        connections: mostConnections,
        partitions,
        pacedPerSecond,
      },
      lines: [...predictions(turns, costs), ...(await field.audit())],
      contenders: turns,
      yardstick: "1 master",
      figures: {
        costs,
        batches: Object.fromEntries(names.map((name) => [name, medianOf(turns[name], ({ batch }) => batch)])),
        redisTurns: Object.fromEntries(
          names.map((name) => [name, medianOf(turns[name], ({ redisTurns }) => redisTurns)]),
        ),
      },
    };
  },
};

/** Issues while the drain is stopped, then lets it go: what coupons take in Redis until they are recorded, and how fast a backlog is. */
async function backlog(field: ScaleField): Promise<Pick<Costs, "outboxBytes" | "recordedPerSecond">> {
  const stand = field.stand("1 master");
  let outboxBytes = 0;
  let releasedMs = 0;
  stand.drain.pause();
  const { issued } = await field.issue("1 master", seconds, async () => {
    outboxBytes = await stand.outboxBytes();
    stand.drain.resume();
    releasedMs = performance.now();
  });
  const recordedSeconds = (performance.now() - releasedMs) / 1000;
  return { outboxBytes: outboxBytes / issued, recordedPerSecond: issued / recordedSeconds };
}

const medianOf = (turns: ScaleTurn[], what: (turn: ScaleTurn) => number) => median(turns.map(what));

const serverParts = ({ batch }: ScaleTurn) => [1, 1 / batch];
const redisParts = ({ batch, redisTurns }: ScaleTurn) => [1, 1 / batch, redisTurns];

function partsOf(turns: Turns): Pick<Costs, "server" | "redis" | "batches"> {
  const fitted = (among: Name[], process: string, parts: (turn: ScaleTurn) => number[]) =>
    fitParts(
      among.map((name) => ({
        of: parts(turns[name][0]!).map((_, part) => medianOf(turns[name], (turn) => parts(turn)[part]!)),
        us: medianOf(turns[name], ({ cpuUs }) => cpuUs[process]!),
      })),
    );
  const server = fitted(flatOut, "server", serverParts);
  const redis = fitted([...flatOut, "1 master, paced"], "redis", redisParts);
  const batchOf = (name: Name) => medianOf(turns[name], ({ batch }) => batch);
  return {
    server: { couponUs: server[0]!, callUs: server[1]! },
    redis: { couponUs: redis[0]!, callUs: redis[1]!, turnUs: redis[2]! },
    batches: {
      small: batchOf("small batches"),
      middling: batchOf("1 master"),
      large: batchOf("large batches"),
    },
  };
}

const sumsOf = (turns: ScaleTurn[]) => ({
  drainUs: medianOf(turns, ({ cpuUs }) => cpuUs.drain!),
  ledgerUs: medianOf(turns, ({ cpuUs }) => cpuUs.database!),
  redisInBytes: medianOf(turns, ({ redisInBytes }) => redisInBytes),
  redisOutBytes: medianOf(turns, ({ redisOutBytes }) => redisOutBytes),
  aofBytes: medianOf(turns, ({ aofBytes }) => aofBytes),
  ledgerInBytes: medianOf(turns, ({ ledgerInBytes }) => ledgerInBytes),
});

function predictions(turns: Turns, { server, redis }: Pick<Costs, "server" | "redis">): Line[] {
  const noMore = (what: string, name: Name, process: string) =>
    atMost(
      `CPU a coupon of ${what}, the same rate for each`,
      cpuRatios(turns[name], turns["1 master, paced"], [process]),
      1.15,
    );
  const foretold = (turn: ScaleTurn) => {
    const [coupons, calls, loopTurns] = redisParts(turn) as [number, number, number];
    return coupons * redis.couponUs + calls * redis.callUs + loopTurns * redis.turnUs;
  };
  /** All cores are busy, so the rate goes with what a coupon costs all processes together. */
  const asFast = (name: "2 masters" | "3 masters" | "2 workers") => {
    const foretoldRatios = turns[name].map((turn, round) => {
      const one = turns["1 master"][round]!.cpuUs;
      const sum = Object.values(one).reduce((total, us) => total + us, 0);
      const others = sum - one.redis! - one.server!;
      return sum / (others + foretold(turn) + costAt(server, turn.batch));
    });
    const measured = ratios(turns[name], turns["1 master"]);
    return atLeast(
      `coupons a second flat out on the same cores, ${name} ÷ 1, measured ÷ by the model`,
      measured.map((ratio, round) => ratio / foretoldRatios[round]!),
      0.9,
    );
  };
  const asForetold = (name: Name) =>
    atMost(
      `CPU a coupon of Redis with ${name}, measured ÷ by the model`,
      turns[name].map((turn) => turn.cpuUs.redis! / foretold(turn)),
      1.2,
    );
  return [
    noMore("Redis, 2 masters ÷ 1", "2 masters, paced", "redis"),
    noMore("Redis, 3 masters ÷ 1", "3 masters, paced", "redis"),
    noMore("the server, 2 masters ÷ 1", "2 masters, paced", "server"),
    noMore("the server, 3 masters ÷ 1", "3 masters, paced", "server"),
    noMore("the servers, 2 workers ÷ 1", "2 workers, paced", "server"),
    noMore("Redis, 2 workers ÷ 1", "2 workers, paced", "redis"),
    ...(["2 masters", "3 masters", "2 workers"] as const).map(asFast),
    ...(["2 masters", "3 masters", "2 workers", "3 masters, paced", "2 workers, paced"] as const).map(
      asForetold,
    ),
  ];
}
