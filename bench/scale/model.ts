import { type Costs, costAt } from "./costs.ts";

/** What the model is asked about. */
export interface Assumptions {
  /** Coupons a second, sustained. */
  rate: number;
  /** Share of a core's time that is planned to be busy. */
  utilisation: number;
  /** Price of a core for an hour, in whatever money. */
  coreHourPrice: number;
}

export const usual: Assumptions = { rate: 1_000_000, utilisation: 0.6, coreHourPrice: 0.05 };

/** So that partitions can be spread evenly over some more masters than there are. */
const partitionsPerMaster = 4;
/** A server's batches on their way to one partition: `RedisStore.lanes`. */
const lanes = 2;
/** ALLOT_OUTBOX_MAX_BYTES' default. */
const outboxMaxBytes = 268_435_456;

/** What it takes when `batch` coupons go to Redis together. */
export interface Plan {
  batch: number;
  /** Processes, a core each. */
  servers: number;
  masters: number;
  partitions: number;
  drains: number;
  /** As many as the machine that was measured on had for one, each. */
  ledgers: number;
  cores: number;
  coreHoursPerMillion: number;
  pricePerMillion: number;
  /** How long a call then takes where all is one campaign, on as many partitions as masters: what comes in between is the next batch. */
  callMs: number;
  /** Seconds that all of the rate fits in the outboxes, with no ledger at all. */
  outboxSeconds: number;
}

export function planFor(
  costs: Costs,
  batch: number,
  { rate, utilisation, coreHourPrice }: Assumptions,
): Plan {
  const coresFor = (us: number) => (rate * us) / 1e6 / utilisation;
  const servers = Math.ceil(coresFor(costAt(costs.server, batch)));
  const masters = Math.ceil(rate / masterRate(costs, batch, utilisation));
  const partitions = masters * partitionsPerMaster;
  const drains = Math.ceil(coresFor(costs.drainUs));
  const ledgerCores = Math.ceil(coresFor(costs.ledgerUs));
  const cores = servers + masters + drains + ledgerCores;
  const coreHoursPerMillion = (cores / rate / 3600) * 1e6;
  return {
    batch,
    servers,
    masters,
    partitions,
    drains,
    ledgers: Math.ceil(rate / costs.recordedPerSecond),
    cores,
    coreHoursPerMillion,
    pricePerMillion: coreHoursPerMillion * coreHourPrice,
    callMs: (1000 * lanes * batch * servers * masters) / rate,
    outboxSeconds: (partitions * outboxMaxBytes) / costs.outboxBytes / rate,
  };
}

/** Coupons a second of one master: its one thread is busy with calls for `utilisation` of the time, and the rest is for turns and their syncs. */
export const masterRate = ({ redis }: Costs, batch: number, utilisation: number) =>
  (utilisation * 1e6) / costAt(redis, batch);

/** How often such a master can go round, syncing each time; all calls that came in meanwhile take part. */
export const masterTurns = ({ redis, syncUs }: Costs, utilisation: number) =>
  ((1 - utilisation) * 1e6) / (syncUs + redis.turnUs);

/** What one process of each kind does, the least first: what has to be added first as the rate grows. */
export function firstToSaturate(
  costs: Costs,
  batch: number,
  { utilisation }: Assumptions,
): [string, number][] {
  const ofOneCore = (us: number) => (utilisation * 1e6) / us;
  const rates: [string, number][] = [
    ["server process", ofOneCore(costAt(costs.server, batch))],
    ["Redis master", masterRate(costs, batch, utilisation)],
    ["drain", ofOneCore(costs.drainUs)],
    ["ledger and its drain, with a backlog", costs.recordedPerSecond],
    ["core of the ledger", ofOneCore(costs.ledgerUs)],
    ["network of 10 Gb/s, requests in", (utilisation * 10e9) / 8 / costs.requestBytes],
  ];
  return rates.toSorted(([, one], [, other]) => one - other);
}
