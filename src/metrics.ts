import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Everything that is measured, once. Where several workers serve one port their counters add up and of gauges the largest counts:
 * a partition's outbox is reported by the worker that drains it.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    /** `reason` is the refusal's or the error's, empty where there is none. */
    requests: new Counter({
      name: "allot_requests_total",
      help: "Calls answered, by method, code (ok or a Connect code) and the reason of a refusal or an error.",
      labelNames: ["method", "code", "reason"] as const,
      registers,
    }),
    requestDuration: new Histogram({
      name: "allot_request_duration_seconds",
      help: "Time from a call's headers to the end of its answer.",
      labelNames: ["method"] as const,
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers,
    }),
    batchSize: new Histogram({
      name: "allot_batch_size",
      help: "Requests for coupons that travelled to the store together.",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000],
      registers,
    }),
    outboxEntries: new Gauge({
      name: "allot_outbox_entries",
      help: "Batches given out and not yet in the ledger.",
      labelNames: ["partition"] as const,
      aggregator: "max",
      registers,
    }),
    outboxBytes: new Gauge({
      name: "allot_outbox_bytes",
      help: "Memory of the store taken by them.",
      labelNames: ["partition"] as const,
      aggregator: "max",
      registers,
    }),
    outboxAgeSeconds: new Gauge({
      name: "allot_outbox_age_seconds",
      help: "Age of the oldest of them; 0 where there is none.",
      labelNames: ["partition"] as const,
      aggregator: "max",
      registers,
    }),
    grants: new Counter({
      name: "allot_grants_total",
      help: "Blocks of serials lent by the ledger.",
      registers,
    }),
    grantedSerials: new Counter({
      name: "allot_granted_serials_total",
      help: "Serials lent by the ledger.",
      registers,
    }),
    webhookDeliveries: new Counter({
      name: "allot_webhook_deliveries_total",
      help: "Events sent to an endpoint, by outcome: delivered, refused (it answered something else), unreachable (no answer, or not now), gone (410).",
      labelNames: ["endpoint", "outcome"] as const,
      registers,
    }),
    webhookBacklog: new Gauge({
      name: "allot_webhook_backlog",
      help: "Entries and facts in the ledger that an endpoint has not passed yet, by the server that delivers to it.",
      labelNames: ["endpoint"] as const,
      aggregator: "max",
      registers,
    }),
    webhookAgeSeconds: new Gauge({
      name: "allot_webhook_age_seconds",
      help: "Age of the oldest of them; 0 where there is none.",
      labelNames: ["endpoint"] as const,
      aggregator: "max",
      registers,
    }),
  };
}
