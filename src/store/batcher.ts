import type { Day } from "../campaign/day.ts";
import type { Plan } from "../campaign/plan.ts";
import type { Group, Outcome, Store, Take } from "./store.ts";

/** More takes are waiting than the bound allows. */
export class Overloaded extends Error {
  override name = "Overloaded";
}

/** One for all: what is refused for want of time should take none, and a stack trace takes some. */
const overloaded = new Overloaded("too many requests are waiting");

/** The Function reads and writes by `unpack`, which fails at a few thousand values. */
const batchMax = 1_000;

/** A take, and who waits for its outcome: one of the two is called, once, and must not throw. No promise each, because they are many. */
export interface Waiting {
  readonly plan: Plan;
  readonly day: Day | undefined;
  readonly take: Take;
  /** `code` is what the serial that was taken stands for; where there is none it is empty. */
  settle(outcome: Outcome, code: string): void;
  /** Overloaded, or what the store throws. */
  fail(error: unknown): void;
}

export interface BatcherOptions {
  store: Store;
  /** Takes that may wait for each partition. */
  queueMax: number;
  /** What serials of one plan stand for: of a whole batch at once, because the permutation costs less so. */
  codes: Codes;
  onBatch(size: number): void;
}

/** A promise where they have to be read first; it rejects with what the waiting are to be told. */
type Codes = (plan: Plan, serials: number[]) => string[] | Promise<string[]>;

interface Partition {
  readonly no: number;
  queue: Waiting[];
  inFlight: number;
  scheduled: boolean;
}

/**
 * Takes that arrive in the same tick travel as one batch. While all of a partition's lanes are busy the next batch gathers, so that
 * batches grow by themselves under load and add no wait without it.
 */
export class Batcher {
  readonly #store: Store;
  readonly #queueMax: number;
  readonly #codes: Codes;
  readonly #onBatch: (size: number) => void;
  readonly #partitions: Partition[] = [];

  constructor(options: BatcherOptions) {
    this.#store = options.store;
    this.#queueMax = options.queueMax;
    this.#codes = options.codes;
    this.#onBatch = options.onBatch;
  }

  /** Fails it as Overloaded at once when the partition's queue is full. */
  take(partitionNo: number, waiting: Waiting): void {
    this.#partitions[partitionNo] ??= { no: partitionNo, queue: [], inFlight: 0, scheduled: false };
    const partition = this.#partitions[partitionNo];
    if (partition.queue.length >= this.#queueMax) {
      waiting.fail(overloaded);
      return;
    }
    partition.queue.push(waiting);
    this.#schedule(partition);
  }

  /** Takes that wait for a lane, over all partitions. */
  get waiting(): number {
    return this.#partitions.reduce((count, { queue }) => count + queue.length, 0);
  }

  #schedule(partition: Partition): void {
    if (partition.scheduled || partition.queue.length === 0 || partition.inFlight >= this.#store.lanes)
      return;
    partition.scheduled = true;
    setImmediate(() => {
      partition.scheduled = false;
      void this.#send(partition);
    });
  }

  async #send(partition: Partition): Promise<void> {
    const batch = partition.queue.splice(0, batchMax);
    partition.inFlight++;
    this.#onBatch(batch.length);
    // What is left over, or comes while this batch is on its way, goes by another lane.
    this.#schedule(partition);
    const parties = partiesOf(batch);
    let outcomes: Outcome[][];
    try {
      outcomes = await this.#store.take(
        partition.no,
        parties.map((party) => party.group),
      );
    } catch (error) {
      for (const waiting of batch) waiting.fail(error);
      return;
    } finally {
      partition.inFlight--;
      this.#schedule(partition);
    }
    for (const [p, party] of parties.entries()) this.#settle(party, outcomes[p]!);
  }

  #settle({ group, members }: Party, outcomes: Outcome[]): void {
    const serials: number[] = [];
    for (const outcome of outcomes) {
      if (outcome.kind === "issued" && outcome.serial !== undefined) serials.push(outcome.serial);
    }
    const fail = (error: unknown) => {
      for (const waiting of members) waiting.fail(error);
    };
    let codes: string[] | Promise<string[]>;
    try {
      codes = serials.length === 0 ? [] : this.#codes(group.plan, serials);
    } catch (error) {
      fail(error);
      return;
    }
    if (codes instanceof Promise) codes.then((read) => settleAll(members, outcomes, read), fail);
    else settleAll(members, outcomes, codes);
  }
}

/** Those who take from one plan on one day, in the order of arrival. */
interface Party {
  group: Group;
  members: Waiting[];
}

function partiesOf(batch: Waiting[]): Party[] {
  const parties: Party[] = [];
  const byPlan = new Map<Plan, Party[]>();
  let party: Party | undefined;
  for (const waiting of batch) {
    const { plan, day, take } = waiting;
    // Nearly always it is the one before's.
    if (party?.group.plan !== plan || party.group.day !== day) {
      const known = byPlan.getOrInsertComputed(plan, () => []);
      party = known.find(({ group }) => group.day?.startMs === day?.startMs);
      if (party === undefined) {
        party = { group: { plan, day, takes: [] }, members: [] };
        parties.push(party);
        known.push(party);
      }
    }
    party.group.takes.push(take);
    party.members.push(waiting);
  }
  return parties;
}

function settleAll(members: Waiting[], outcomes: Outcome[], codes: string[]): void {
  let next = 0;
  for (let i = 0; i < members.length; i++) {
    const outcome = outcomes[i]!;
    const hasCode = outcome.kind === "issued" && outcome.serial !== undefined;
    members[i]!.settle(outcome, hasCode ? codes[next++]! : "");
  }
}
