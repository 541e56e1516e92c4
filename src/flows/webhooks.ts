import { randomUUID } from "node:crypto";
import type { Names } from "../events/of-entry.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Endpoint } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { OutageLog } from "./outage-log.ts";
import { type Service, Stopping } from "./service.ts";
import { EndpointDelivery } from "./webhooks/endpoint-delivery.ts";

export interface WebhooksOptions {
  ledger: Ledger;
  secrets: Pick<Secrets, "unwrap">;
  names: Names;
  metrics: Metrics;
  log: Logger;
  timing?: Partial<typeof usual>;
}

const usual = {
  /** Between two looks at what is new. */
  pollMs: 1_000,
  /** For a request, with its answer. */
  timeoutMs: 10_000,
  /** Longer than a request: who takes over begins when all requests of before are over. */
  leaseMs: 15_000,
};

/** What is left of a lease is not used up to its end, for the sake of clocks that run at different speeds. */
const spareMs = 500;
const renewMs = 1_500;
const tellMs = 3_000;
const pruneMs = 600_000;
/** How long facts stay that everybody was told. */
const keepMs = 30 * 86_400_000;

/**
 * Delivers what the ledger knows to the endpoints that want it. Of several servers one delivers to an endpoint at a time, by a lease in
 * the ledger. Facts that follow from the clock or from counts are told here, too.
 */
export class Webhooks implements Service {
  readonly name = "webhooks";
  readonly #options: WebhooksOptions;
  readonly #timing: typeof usual;
  readonly #stopping = new Stopping();
  readonly #owner = randomUUID();
  readonly #outages: OutageLog;
  readonly #deliveries = new Map<string, { delivery: EndpointDelivery; no: number; leasedMs: number }>();
  #tellAtMs = 0;
  #pruneAtMs = 0;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#timing = { ...usual, ...options.timing };
    this.#outages = new OutageLog(options.log, "webhooks");
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      try {
        await this.#round();
        this.#outages.over(0);
      } catch (error) {
        this.#outages.trouble(0, error);
      }
      await this.#stopping.pause(this.#timing.pollMs);
    }
    await Promise.all([...this.#deliveries.keys()].map((id) => this.#end(id)));
  }

  stop(): void {
    this.#stopping.stop();
  }

  async #round(): Promise<void> {
    await this.#tell();
    const endpoints = await this.#options.ledger.endpoints();
    const enabled = new Map(
      endpoints.filter(({ disabledMs }) => disabledMs === undefined).map((one) => [one.id, one]),
    );
    for (const id of this.#deliveries.keys()) if (!enabled.has(id)) await this.#end(id);
    for (const endpoint of enabled.values()) await this.#hold(endpoint);
    if (this.#deliveries.size === 0) return;
    const heads = await this.#options.ledger.eventHeads();
    for (const [id, { delivery }] of this.#deliveries) {
      const { campaignNo } = enabled.get(id)!;
      const own = campaignNo === undefined ? heads : heads.filter((head) => head.campaignNo === campaignNo);
      delivery.offer(own);
      if (!(await delivery.note(this.#owner))) await this.#end(id);
      else this.#measure(id, delivery.backlog(own));
    }
  }

  async #tell(): Promise<void> {
    const { ledger } = this.#options;
    if (performance.now() > this.#tellAtMs) {
      await ledger.tellOverdue(Date.now());
      this.#tellAtMs = performance.now() + tellMs;
    }
    if (performance.now() > this.#pruneAtMs) {
      await ledger.pruneEvents(Date.now() - keepMs);
      this.#pruneAtMs = performance.now() + pruneMs;
    }
  }

  /** Takes or extends the lease of an endpoint, as far as it is to be had. */
  async #hold(endpoint: Endpoint): Promise<void> {
    const { ledger, names, metrics, log } = this.#options;
    const { leaseMs, timeoutMs } = this.#timing;
    const held = this.#deliveries.get(endpoint.id);
    held?.delivery.follow(endpoint, this.#secretsOf(endpoint));
    const askedMs = performance.now();
    if (held && askedMs < held.leasedMs + renewMs) return;
    if (!(await ledger.leaseEndpoint(endpoint.no, this.#owner, leaseMs))) {
      if (held) await this.#end(endpoint.id);
      return;
    }
    const delivery =
      held?.delivery ??
      new EndpointDelivery({
        endpoint,
        positions: await ledger.eventPositions(endpoint.no),
        secrets: this.#secretsOf(endpoint),
        ledger,
        names,
        metrics,
        log,
        timeoutMs,
      });
    this.#deliveries.set(endpoint.id, { delivery, no: endpoint.no, leasedMs: askedMs });
    delivery.mayStartUntil(askedMs + leaseMs - timeoutMs - spareMs);
  }

  #secretsOf({ wrappedSecret, previous }: Endpoint): Uint8Array[] {
    const wrapped =
      previous && previous.untilMs > Date.now() ? [wrappedSecret, previous.wrapped] : [wrappedSecret];
    return wrapped.map((one) => this.#options.secrets.unwrap("webhook", one));
  }

  async #end(id: string): Promise<void> {
    const { delivery, no } = this.#deliveries.get(id)!;
    this.#deliveries.delete(id);
    const { webhookBacklog, webhookAgeSeconds } = this.#options.metrics;
    webhookBacklog.remove({ endpoint: id });
    webhookAgeSeconds.remove({ endpoint: id });
    await delivery.stop();
    try {
      await delivery.note(this.#owner);
      await this.#options.ledger.releaseEndpoint(no, this.#owner);
    } catch (error) {
      this.#outages.trouble(no, error);
    }
  }

  #measure(id: string, { size, oldestMs }: { size: number; oldestMs: number | undefined }): void {
    const { webhookBacklog, webhookAgeSeconds } = this.#options.metrics;
    webhookBacklog.set({ endpoint: id }, size);
    const ageMs = size === 0 || oldestMs === undefined ? 0 : Date.now() - oldestMs;
    webhookAgeSeconds.set({ endpoint: id }, Math.max(0, ageMs) / 1_000);
  }
}
