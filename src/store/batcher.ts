import type { Day } from "../campaign/day.ts";
import type { Plan } from "../campaign/plan.ts";
import type { Group, Outcome, Store, Take } from "./store.ts";

/** More takes are waiting than the bound allows. */
export class Overloaded extends Error {
  override name = "Overloaded";
}

/** The Function reads and writes by `unpack`, which fails at a few thousand values. */
const batchMax = 1_000;

/** An outcome, and where it is a coupon its code. */
export type Answer =
  | Exclude<Outcome, { kind: "issued" }>
  | (Extract<Outcome, { kind: "issued" }> & { code: string });

interface Waiting {
  plan: Plan;
  day: Day | undefined;
  take: Take;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface BatcherOptions {
  store: Store;
  /** Takes that may wait for each partition. */
  queueMax: number;
  /** The codes of serials of one space: of a whole batch at once, because the permutation costs less so. */
  codes(spaceNo: number, serials: number[]): string[];
  onBatch(size: number): void;
}

/**
 * Takes that arrive in the same tick travel as one batch. While all of a partition's lanes are busy the next batch gathers, so that
 * batches grow by themselves under load and add no wait without it.
 */
export class Batcher {
  readonly #store: Store;
  readonly #queueMax: number;
  readonly #codes: (spaceNo: number, serials: number[]) => string[];
  readonly #onBatch: (size: number) => void;
  readonly #partitions = new Map<number, { queue: Waiting[]; inFlight: number; scheduled: boolean }>();

  constructor(options: BatcherOptions) {
    this.#store = options.store;
    this.#queueMax = options.queueMax;
    this.#codes = options.codes;
    this.#onBatch = options.onBatch;
  }

  /** Throws Overloaded at once when the partition's queue is full, StoreUnavailable as the store does. */
  take(partitionNo: number, plan: Plan, day: Day | undefined, take: Take): Promise<Answer> {
    let partition = this.#partitions.get(partitionNo);
    if (!partition) {
      partition = { queue: [], inFlight: 0, scheduled: false };
      this.#partitions.set(partitionNo, partition);
    }
    const { queue } = partition;
    if (queue.length >= this.#queueMax)
      return Promise.reject(new Overloaded("too many requests are waiting"));
    const answer = new Promise<Answer>((resolve, reject) => {
      queue.push({ plan, day, take, resolve, reject });
    });
    this.#schedule(partitionNo);
    return answer;
  }

  /** Takes that wait for a lane, over all partitions. */
  get waiting(): number {
    let count = 0;
    for (const { queue } of this.#partitions.values()) count += queue.length;
    return count;
  }

  #schedule(partitionNo: number): void {
    const partition = this.#partitions.get(partitionNo)!;
    if (partition.scheduled || partition.queue.length === 0 || partition.inFlight >= this.#store.lanes)
      return;
    partition.scheduled = true;
    setImmediate(() => {
      partition.scheduled = false;
      void this.#send(partitionNo);
    });
  }

  async #send(partitionNo: number): Promise<void> {
    const partition = this.#partitions.get(partitionNo)!;
    const batch = partition.queue.splice(0, batchMax);
    partition.inFlight++;
    this.#onBatch(batch.length);
    // What is left over, or comes while this batch is on its way, goes by another lane.
    this.#schedule(partitionNo);
    const { groups, members } = grouped(batch);
    try {
      const outcomes = await this.#store.take(partitionNo, groups);
      members.forEach((waiting, g) => {
        const answers = this.#coded(groups[g]!.plan.spaceNo, outcomes[g]!);
        waiting.forEach((one, i) => {
          one.resolve(answers[i]!);
        });
      });
    } catch (error) {
      for (const one of batch) one.reject(error);
    } finally {
      partition.inFlight--;
      this.#schedule(partitionNo);
    }
  }

  #coded(spaceNo: number, outcomes: Outcome[]): Answer[] {
    const serials = outcomes.filter((outcome) => outcome.kind === "issued").map((outcome) => outcome.serial);
    const codes = serials.length === 0 ? [] : this.#codes(spaceNo, serials);
    let at = 0;
    return outcomes.map((outcome) =>
      outcome.kind === "issued" ? { ...outcome, code: codes[at++]! } : outcome,
    );
  }
}

/** Takes of one plan and day together, in the order of arrival. */
function grouped(batch: Waiting[]): { groups: Group[]; members: Waiting[][] } {
  const groups: Group[] = [];
  const members: Waiting[][] = [];
  const places = new Map<Plan, number[]>();
  for (const waiting of batch) {
    const { plan, day, take } = waiting;
    const known = places.get(plan) ?? [];
    let place = known.find((at) => groups[at]!.day?.startMs === day?.startMs);
    if (place === undefined) {
      place = groups.push({ plan, day, takes: [] }) - 1;
      members.push([]);
      places.set(plan, [...known, place]);
    }
    groups[place]!.takes.push(take);
    members[place]!.push(waiting);
  }
  return { groups, members };
}
