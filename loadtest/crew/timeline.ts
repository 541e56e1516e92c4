import type { Interval } from "../record/interval.ts";
import { Latency } from "../record/latency.ts";
import { addCount, familyOf, type Outcome, type OutcomeFamily } from "../record/outcome.ts";

/** One interval of the run over all workers, as the report draws it. */
export interface Point {
  /** Number of the interval; its start is index × intervalMs after the start of the load. */
  index: number;
  lengthMs: number;
  sent: number;
  /** Ends by family; together with what is in flight they are what was sent, but for requests never sent. */
  ended: Record<OutcomeFamily, number>;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  inFlight: number;
  waiting: number;
  /** Of the busiest worker. */
  utilization: number;
}

interface OpenPoint extends Point {
  latency: Latency;
}

/** An event loop that is busy for this share of an interval has no room left: what is late then is late because of it. */
export const saturatedFrom = 0.95;

/** How far a worker may fall behind with its reports; what comes even later is added to the oldest interval that is open. */
const settlingIntervals = 40;

/** All workers' intervals put together: histograms are added, percentiles are taken once, afterwards. */
export class Timeline {
  readonly latency = new Latency();
  readonly outcomes = new Map<Outcome, number>();
  readonly points: Point[] = [];
  sent = 0;
  lateByGenerator = 0;
  lateByConnection = 0;
  #busyShares = 0;
  #intervals = 0;
  readonly #open = new Map<number, OpenPoint>();
  #newest = Number.NEGATIVE_INFINITY;
  #closedBelow = Number.NEGATIVE_INFINITY;

  add(interval: Interval): void {
    const latency = Latency.decode(interval.latency);
    this.latency.add(latency);
    this.sent += interval.sent;
    const saturated = interval.utilization >= saturatedFrom;
    this.lateByGenerator += interval.lateByGenerator + (saturated ? interval.lateByConnection : 0);
    this.lateByConnection += saturated ? 0 : interval.lateByConnection;
    if (interval.index >= 0) {
      this.#busyShares += interval.utilization;
      this.#intervals++;
    }

    const point = this.#point(Math.max(interval.index, this.#closedBelow));
    point.latency.add(latency);
    point.lengthMs = Math.max(point.lengthMs, interval.lengthMs);
    point.sent += interval.sent;
    point.inFlight += interval.inFlight;
    point.waiting += interval.waiting;
    point.utilization = Math.max(point.utilization, interval.utilization);
    for (const [outcome, count] of interval.outcomes) {
      addCount(this.outcomes, outcome, count);
      point.ended[familyOf(outcome)] += count;
    }
    this.#closedBelow = Math.max(this.#closedBelow, interval.index - settlingIntervals);
    for (const index of this.#open.keys()) if (index < this.#closedBelow) this.#close(index);
    this.#newest = Math.max(this.#newest, interval.index);
  }

  /** Requests that came to an end, by this family or by any. */
  ended(family?: OutcomeFamily): number {
    let sum = 0;
    for (const [outcome, count] of this.outcomes) if (!family || familyOf(outcome) === family) sum += count;
    return sum;
  }

  /** The last interval that every worker should have reported on. */
  get latest(): Point | undefined {
    return this.#open.get(this.#newest - 1);
  }

  /** How busy the workers' event loops were, on average, from the start of the load on. */
  get utilization(): number {
    return this.#intervals === 0 ? 0 : this.#busyShares / this.#intervals;
  }

  finish(): void {
    for (const index of this.#open.keys()) this.#close(index);
    this.points.sort((a, b) => a.index - b.index);
    while (this.points.length > 0 && this.points[0]!.index < 0 && this.points[0]!.sent === 0)
      this.points.shift();
  }

  #point(index: number): OpenPoint {
    let point = this.#open.get(index);
    if (!point) {
      const ended = { given: 0, refused: 0, error: 0, "hung up": 0 };
      const none = { p50Ms: 0, p99Ms: 0, maxMs: 0, inFlight: 0, waiting: 0, utilization: 0 };
      point = { index, lengthMs: 0, sent: 0, ended, ...none, latency: new Latency() };
      this.#open.set(index, point);
    }
    return point;
  }

  #close(index: number): void {
    const { latency, ...point } = this.#open.get(index)!;
    this.#open.delete(index);
    this.points.push({
      ...point,
      p50Ms: latency.percentileMs(50),
      p99Ms: latency.percentileMs(99),
      maxMs: latency.maxMs,
    });
  }
}
