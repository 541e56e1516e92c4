import { figure } from "../line.ts";
import { median, type Result } from "../result.ts";
import type { ScaleTurn } from "./cluster-stand.ts";
import type { Costs } from "./costs.ts";
import { type Assumptions, firstToSaturate, masterTurns, type Plan, planFor } from "./model.ts";

const batches = [1, 8, 32, 100];
/** What a single hot campaign over a dozen partitions comes to here, flat out. */
const typicalBatch = 8;

/** All that the model says, as Markdown. */
export function scaleTables({ figures, lines, contenders }: Result, assumptions: Assumptions): string {
  const costs = figures.costs as Costs;
  const plans = batches.map((batch) => planFor(costs, batch, assumptions));
  return [
    "### Measured: what a coupon costs",
    "",
    costTable(costs),
    `### ${count(assumptions.rate)} coupons a second`,
    "",
    `Cores ${figure(100 * assumptions.utilisation)} % busy; a core-hour costs ${assumptions.coreHourPrice}.`,
    "",
    planTable(plans),
    storageTable(costs, assumptions),
    `### What saturates first, in batches of ${typicalBatch}`,
    "",
    table(
      ["one", "coupons a second"],
      firstToSaturate(costs, typicalBatch, assumptions).map(([what, rate]) => [what, count(rate)]),
    ),
    "### Measured: what took turns",
    "",
    turnsTable(contenders as Record<string, ScaleTurn[]>),
    "### The predictions, checked",
    "",
    table(
      ["what", "measured", "bound", ""],
      lines.map(({ what, measured, bound, passed }) => [what, measured, bound, passed ? "PASS" : "**FAIL**"]),
    ),
  ].join("\n");
}

function costTable(costs: Costs): string {
  const { server, redis, batches: measured } = costs;
  const sizes = `${figure(measured.small)}, ${figure(measured.middling)} and ${figure(measured.large)}`;
  return table(
    ["", "formula", "is"],
    [
      ["server", "s = coupon + call ÷ b", `${figure(server.couponUs)} + ${figure(server.callUs)} ÷ b µs`],
      [
        "Redis, all masters",
        "r = coupon + call ÷ b",
        `${figure(redis.couponUs)} + ${figure(redis.callUs)} ÷ b µs`,
      ],
      ["each turn of a master's event loop", "e", `${figure(redis.turnUs)} µs`],
      ["both from batches of", "b", sizes],
      ["drain", "d", `${figure(costs.drainUs)} µs`],
      ["ledger's database", "l", `${figure(costs.ledgerUs)} µs`],
      ["ledger, backlog recorded", "L", `${count(costs.recordedPerSecond)} coupons a second`],
      ["append and sync to disk", "f", `${figure(costs.syncUs)} µs`],
      ["request, answer (HTTP/1.1, protobuf)", "", bytes(costs.requestBytes, costs.answerBytes)],
      ["into Redis, out of it", "", bytes(costs.redisInBytes, costs.redisOutBytes)],
      ["append-only file", "", bytes(costs.aofBytes)],
      ["into the database", "", bytes(costs.ledgerInBytes)],
      ["Redis memory, until in the ledger", "o", bytes(costs.outboxBytes)],
      ["Redis memory, until the campaign has ended", "m", bytes(costs.claimBytes)],
      ["ledger's table on disk, with its indexes", "w", bytes(costs.ledgerRowBytes)],
    ],
  );
}

/** Paced ones at a fixed rate, the others flat out; CPU in µs a coupon. */
function turnsTable(contenders: Record<string, ScaleTurn[]>): string {
  const processes = ["server", "redis", "drain", "database"];
  return table(
    ["", "coupons a second", "batch", "turns of Redis a coupon", ...processes.map((name) => `${name}, µs`)],
    Object.entries(contenders).map(([name, turns]) => {
      const of = (what: (turn: ScaleTurn) => number) => median(turns.map(what));
      return [
        name,
        count(of(({ perSecond }) => perSecond)),
        figure(of(({ batch }) => batch)),
        of(({ redisTurns }) => redisTurns).toFixed(3),
        ...processes.map((process) => figure(of(({ cpuUs }) => cpuUs[process]!))),
      ];
    }),
  );
}

function planTable(plans: Plan[]): string {
  const row = (what: string, formula: string, show: (plan: Plan) => string) => [
    what,
    formula,
    ...plans.map(show),
  ];
  return table(
    ["", "formula", ...plans.map(({ batch }) => `batches of ${batch}`)],
    [
      row("server processes, a core each", "S = R × s ÷ u", ({ servers }) => count(servers)),
      row("Redis masters, a core each", "M = R × r ÷ u", ({ masters }) => count(masters)),
      row("partitions", "P = 4 × M", ({ partitions }) => count(partitions)),
      row("drains, a core each", "R × d ÷ u", ({ drains }) => count(drains)),
      row("ledger shards", "R ÷ L", ({ ledgers }) => count(ledgers)),
      row("cores, the ledger's included", "S + M + R × (d + l) ÷ u", ({ cores }) => count(cores)),
      row("core-hours a million coupons", "cores ÷ R", ({ coreHoursPerMillion }) =>
        coreHoursPerMillion.toFixed(4),
      ),
      row("price of a million coupons", "× core-hour", ({ pricePerMillion }) => pricePerMillion.toFixed(4)),
      row(
        "a call then takes, one campaign on as many partitions as masters",
        "2 × b × S × M ÷ R",
        ({ callMs }) => `${figure(callMs)} ms`,
      ),
      row(
        "all of the rate fits in the outboxes for",
        "P × 256 MiB ÷ (o × R)",
        ({ outboxSeconds }) => `${count(outboxSeconds)} s`,
      ),
    ],
  );
}

function storageTable(costs: Costs, { rate, utilisation }: Assumptions): string {
  const gigabits = (size: number) => `${figure((8 * rate * size) / 1e9)} Gb/s`;
  const gibibytes = (size: number) => `${figure((1e6 * size) / 2 ** 30)} GiB`;
  return table(
    ["all together", ""],
    [
      [
        "network: callers to servers, and back",
        `${gigabits(costs.requestBytes)}, ${gigabits(costs.answerBytes)}`,
      ],
      ["network: into Redis, out of it", `${gigabits(costs.redisInBytes)}, ${gigabits(costs.redisOutBytes)}`],
      ["network: into the ledger", gigabits(costs.ledgerInBytes)],
      [
        "turns of a master's event loop, (1 − u) ÷ (e + f)",
        `${count(masterTurns(costs, utilisation))} a second`,
      ],
      ["written by Redis", `${figure((rate * costs.aofBytes) / 1e6)} MB/s`],
      ["Redis memory for a million coupons", gibibytes(costs.claimBytes)],
      ["Redis memory for a minute without a ledger", gibibytes((60 * rate * costs.outboxBytes) / 1e6)],
      ["ledger's disk for a million coupons", gibibytes(costs.ledgerRowBytes)],
    ],
  );
}

const count = (value: number) => Math.round(value).toLocaleString("en");
const bytes = (...sizes: number[]) => `${sizes.map((size) => figure(size)).join(", ")} bytes`;

const table = (head: string[], rows: string[][]) =>
  [
    `| ${head.join(" | ")} |`,
    `|${"---|".repeat(head.length)}`,
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
    "",
  ].join("\n");
