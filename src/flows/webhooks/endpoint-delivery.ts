import { backOffMs } from "../../events/back-off.ts";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { Names } from "../../events/of-entry.ts";
import { Connections } from "../../events/post.ts";
import { sendEvent } from "../../events/send-event.ts";
import type { Endpoint, EventHead, EventPosition, Health } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Logger } from "../../log.ts";
import type { Metrics } from "../../metrics.ts";
import { OutageLog } from "../outage-log.ts";
import { CampaignStream } from "./campaign-stream.ts";
import { Gate } from "./gate.ts";

/** Campaigns at a time; each has one request at a time. */
const parallel = 16;
/** A campaign with a backlog lets others go first after so many events. */
const turn = 50;
const ledgerTroubleMs = 1_000;
/** What is under way at a stop may end, so that it is not sent again. */
const stopMs = 5_000;

export interface EndpointDeliveryOptions {
  endpoint: Endpoint;
  positions: EventPosition[];
  /** The secrets that sign now. */
  secrets: Uint8Array[];
  ledger: Ledger;
  names: Names;
  metrics: Metrics;
  log: Logger;
  /** For a request, with its answer. */
  timeoutMs: number;
}

interface Lane {
  stream: CampaignStream;
  /** Answers in a row that refused its next event; what others get is not held up by them. */
  refusals: number;
  notBefore: number;
  /** Since when there has been something to deliver. */
  sinceMs: number;
}

/** Delivers to one endpoint: each campaign's events in order, one at a time, and campaigns side by side. */
export class EndpointDelivery {
  readonly #options: EndpointDeliveryOptions;
  readonly #connections: Connections;
  readonly #gate = new Gate();
  readonly #outages: OutageLog;
  readonly #lanes = new Map<number, Lane>();
  readonly #positions: Map<number, EventPosition>;
  /** Lanes with something to do, in the order of their turns. */
  readonly #waiting = new Set<Lane>();
  readonly #running = new Set<Lane>();
  readonly #runs = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #secrets: Uint8Array[];
  #retryMs: number;
  #startUntilMs = 0;
  #stopped = false;
  #health: Health;
  #noted: Health;

  constructor(options: EndpointDeliveryOptions) {
    const { endpoint, positions, log } = options;
    this.#options = options;
    this.#connections = new Connections(endpoint.url, parallel);
    this.#outages = new OutageLog(log.child({ endpoint: endpoint.id }), "webhooks");
    this.#positions = new Map(positions.map((position) => [position.campaignNo, position]));
    this.#secrets = options.secrets;
    this.#retryMs = endpoint.retryMs;
    const { deliveredMs, failures, failingMs, nextMs, problem, disabledMs } = endpoint;
    this.#health = { deliveredMs, failures, failingMs, nextMs, problem, disabledMs };
    this.#noted = this.#health;
  }

  /** Requests are begun until then (of performance.now()), so that none is under way when somebody else may begin. */
  mayStartUntil(untilMs: number): void {
    this.#startUntilMs = untilMs;
    this.#start();
  }

  /** What may have changed: the secrets, and whether somebody asked for a try at once. */
  follow(endpoint: Endpoint, secrets: Uint8Array[]): void {
    this.#secrets = secrets;
    if (endpoint.retryMs === this.#retryMs) return;
    this.#retryMs = endpoint.retryMs;
    this.#gate.open();
    // It was asked for before anybody had seen that it was disabled, and ended this.
    if (this.#health.disabledMs !== undefined) {
      this.#stopped = false;
      this.#health = { ...this.#health, disabledMs: undefined };
    }
    for (const lane of this.#lanes.values()) lane.notBefore = 0;
    this.#start();
  }

  /** Takes notice of what there is. */
  offer(heads: EventHead[]): void {
    for (const head of heads) {
      const { campaignNo } = head;
      const at = this.#lanes.get(campaignNo)?.stream.position ?? this.#positions.get(campaignNo);
      if (at?.entries === head.entries && at.seq >= head.seq) continue;
      this.#waitFor(this.#laneOf(campaignNo));
    }
    this.#start();
  }

  /** How much lies ahead, and since when the oldest of it has been. */
  backlog(heads: EventHead[]): { size: number; oldestMs: number | undefined } {
    let size = 0;
    for (const { campaignNo, entries, seq } of heads) {
      const at = this.#lanes.get(campaignNo)?.stream.position ?? this.#positions.get(campaignNo);
      size += Math.max(0, entries - (at?.entries ?? 0)) + Math.max(0, seq - (at?.seq ?? 0));
    }
    const busy = [...this.#waiting, ...this.#running];
    const times = busy.map(({ stream, sinceMs }) => stream.oldestMs ?? sinceMs);
    return { size, oldestMs: times.length > 0 ? Math.min(...times) : undefined };
  }

  /** Notes what has changed since the last time; false: the lease is somebody else's. */
  async note(owner: string): Promise<boolean> {
    const moved = [...this.#lanes.values()].filter(({ stream }) => stream.moved);
    const health = this.#health;
    if (moved.length === 0 && health === this.#noted) return true;
    const positions = moved.map(({ stream }) => {
      stream.moved = false;
      return { ...stream.position, places: new Map(stream.position.places) };
    });
    try {
      const { ledger, endpoint } = this.#options;
      const isOurs = await ledger.noteDelivery(endpoint.no, owner, positions, health);
      this.#noted = health;
      return isOurs;
    } catch (error) {
      for (const { stream } of moved) stream.moved = true;
      throw error;
    }
  }

  /** Begins nothing more, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const closing = setTimeout(() => this.#connections.close(), stopMs);
    await Promise.all(this.#runs);
    clearTimeout(closing);
    this.#connections.close();
  }

  #laneOf(campaignNo: number): Lane {
    const known = this.#lanes.get(campaignNo);
    if (known) return known;
    const { ledger, names, endpoint } = this.#options;
    const position = this.#positions.get(campaignNo) ?? { campaignNo, entries: 0, places: new Map(), seq: 0 };
    const stream = new CampaignStream({
      ledger,
      names,
      wants: new Set(endpoint.types),
      userIds: endpoint.userIds,
      position,
    });
    const lane = { stream, refusals: 0, notBefore: 0, sinceMs: 0 };
    this.#lanes.set(campaignNo, lane);
    return lane;
  }

  #waitFor(lane: Lane): void {
    if (this.#waiting.has(lane) || this.#running.has(lane)) return;
    lane.sinceMs = Date.now();
    this.#waiting.add(lane);
  }

  /** Gives lanes their turns as far as that is allowed. */
  #start(): void {
    for (const lane of this.#waiting) {
      if (!this.#mayBegin(this.#running.size)) return;
      if (performance.now() < lane.notBefore) continue;
      this.#waiting.delete(lane);
      this.#running.add(lane);
      const run = this.#run(lane);
      this.#runs.add(run);
      run.then(() => this.#runs.delete(run));
    }
  }

  #mayBegin(others: number): boolean {
    if (this.#stopped || performance.now() > this.#startUntilMs) return false;
    return others < (this.#gate.isProbing ? 1 : parallel) && this.#gate.isOpen(performance.now());
  }

  async #run(lane: Lane): Promise<void> {
    let isIdle = false;
    try {
      for (let sent = 0; sent < turn && this.#mayBegin(this.#running.size - 1); sent++) {
        const event = await lane.stream.next();
        isIdle = event === undefined;
        if (isIdle || !(await this.#deliver(lane, event!))) break;
        lane.stream.pass();
      }
      this.#outages.over(lane.stream.position.campaignNo);
    } catch (error) {
      isIdle = false;
      this.#outages.trouble(lane.stream.position.campaignNo, error);
      this.#wait(lane, ledgerTroubleMs);
    }
    this.#running.delete(lane);
    if (!isIdle) this.#waiting.add(lane);
    this.#start();
  }

  async #deliver(lane: Lane, event: CloudEvent): Promise<boolean> {
    const { timeoutMs } = this.#options;
    const { kind, said, askedMs } = await sendEvent(this.#connections, this.#secrets, event, timeoutMs);
    // Cut off by the stop.
    if (this.#stopped && kind === "unreachable") return false;
    this.#options.metrics.webhookDeliveries.inc({ endpoint: this.#options.endpoint.id, outcome: kind });
    if (kind === "delivered") {
      lane.refusals = 0;
      this.#gate.open();
      if (this.#health.failures > 0)
        this.#options.log.info(this.#about(), "webhooks: events are taken again");
      const well = { failures: 0, failingMs: undefined, nextMs: undefined, problem: "" };
      this.#health = { ...this.#health, ...well, deliveredMs: Date.now() };
      return true;
    }
    const delayMs =
      kind === "refused" ? this.#refused(lane, askedMs) : this.#gate.failed(performance.now(), askedMs);
    this.#health = {
      ...this.#health,
      failures: this.#health.failures + 1,
      failingMs: this.#health.failingMs ?? Date.now(),
      nextMs: Math.round(Date.now() + delayMs),
      problem: said,
    };
    if (this.#health.failures === 1)
      this.#options.log.warn({ ...this.#about(), problem: said }, "webhooks: trying again");
    if (kind === "gone") this.#disable();
    else this.#later(delayMs);
    return false;
  }

  #refused(lane: Lane, askedMs: number): number {
    this.#gate.reached();
    lane.refusals++;
    const delayMs = Math.max(askedMs, backOffMs(lane.refusals, Math.random()));
    this.#wait(lane, delayMs);
    return delayMs;
  }

  #disable(): void {
    this.#stopped = true;
    this.#health = { ...this.#health, nextMs: undefined, disabledMs: Date.now() };
    this.#options.log.warn(this.#about(), "webhooks: the endpoint is gone (410) and is disabled");
  }

  #wait(lane: Lane, delayMs: number): void {
    lane.notBefore = performance.now() + delayMs;
    this.#later(delayMs);
  }

  #later(delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#start();
    }, delayMs + 1);
    this.#timers.add(timer);
  }

  #about() {
    return { endpoint: this.#options.endpoint.id };
  }
}
