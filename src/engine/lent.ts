import type { Config } from "../config.ts";
import { SafetyCheck } from "../doctor/safety-check.ts";
import { Arming } from "../flows/arming.ts";
import { Drain } from "../flows/drain.ts";
import { LentEffects } from "../flows/effects.ts";
import { OutboxGauges } from "../flows/outbox-gauges.ts";
import { Push } from "../flows/push.ts";
import { Refill } from "../flows/refill.ts";
import { Retire } from "../flows/retire.ts";
import type { KnownCampaigns } from "../issuing/known-campaigns.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { partitionKeys } from "../store/redis/keys.ts";
import { openRedis } from "../store/redis/open.ts";
import { RedisPartition } from "../store/redis/partition.ts";
import { RedisStore } from "../store/redis/redis-store.ts";
import type { RedisServers } from "../store/redis/servers.ts";
import { UserIdCipher } from "../store/redis/user-id-cipher.ts";
import type { Engine } from "./engine.ts";

export interface LentOptions {
  config: Config;
  ledger: Ledger;
  lending: Lending;
  campaigns: KnownCampaigns;
  /** 32 bytes; encrypts user ids in the outbox. */
  outboxKey: Uint8Array;
  metrics: Metrics;
  log: Logger;
}

/** How long the first connection may take before the start goes on without: it is tried again for ever. */
const firstConnectionMs = 3_000;

/** Redis decides, the ledger remembers: it lends serials to the store, and the drain brings back what became of them. */
export async function openLent(options: LentOptions): Promise<Engine> {
  const { config, ledger, lending, campaigns, outboxKey, metrics, log } = options;
  const servers = openRedis(config.redisUrl!, (error) => log.debug({ err: error }, "redis connection"));
  if (!(await servers.connected(firstConnectionMs))) {
    log.warn("Redis can't be reached (REDIS_URL): the server is not ready and goes on trying");
  }
  const partitions = partitionsOn(servers, config.partitions, outboxKey);
  const drain = new Drain({ lending, partitions, log });
  const arming = new Arming({ partitions, ledger, lending, drain, log });
  const refill = new Refill({
    partitions,
    epochs: arming,
    lending,
    drain,
    log,
    onLent(serials) {
      metrics.grants.inc();
      metrics.grantedSerials.inc(serials);
    },
  });
  const store = new RedisStore({
    epochs: arming,
    partitions,
    outboxMaxBytes: config.outboxMaxBytes,
    onLevel(partitionNo, { plan, day }, pool, stock) {
      drain.wake(partitionNo);
      const campaign = campaigns.byNo(plan.campaignNo);
      if (campaign) refill.level(partitionNo, campaign, plan.pools[pool]!, day, stock);
    },
  });
  const effects = new LentEffects({ partitions: partitions.length, store, ledger, lending, drain, refill });
  const push = new Push({ ledger, lending, effects, log });
  const gauges = new OutboxGauges(partitions, metrics);
  const retire = new Retire({ ledger, effects, log });
  const safety = new SafetyCheck({ servers, registry: metrics.registry, log });
  return {
    store,
    ledger,
    partitions: partitions.length,
    effects,
    fill: (campaign, place) => refill.fill(campaign, place),
    flush: async (partitionNos = partitions.map(({ no }) => no)) => {
      await Promise.all(partitionNos.map((no) => drain.empty(no)));
    },
    services: [arming, push, retire, gauges, safety, ...(config.drain ? [drain] : [])],
    troubles: () => arming.troubles(),
    async close() {
      servers.close();
    },
  };
}

export function partitionsOn(servers: RedisServers, count: number, outboxKey: Uint8Array): RedisPartition[] {
  const userIds = new UserIdCipher(outboxKey);
  return Array.from({ length: count }, (_, no) => {
    const keys = partitionKeys(no, count);
    return new RedisPartition(() => servers.serving(keys.slot), keys, no, userIds);
  });
}
