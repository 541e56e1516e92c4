import { type Group, type Outcome, type Released, type Store, StoreUnavailable } from "../store.ts";
import { encodeGroup } from "./encode.ts";
import { type Epochs, Lane } from "./lane.ts";
import { decodeLevels, decodeOutcomes } from "./outcomes.ts";
import { Fenced, type RedisPartition } from "./partition.ts";

export interface RedisStoreOptions {
  epochs: Epochs;
  partitions: RedisPartition[];
  /** What is handed out and not yet in the ledger, per partition, at most. */
  outboxMaxBytes: number;
  /** Told how many serials a pool still had after a batch looked into it. */
  onLevel(partitionNo: number, group: Group, pool: number, stock: number): void;
}

/** The store on Redis: one Function call a batch, synced before it is answered, recorded in the outbox in the same step. */
export class RedisStore implements Store {
  readonly lanes = 2;
  readonly #options: RedisStoreOptions;
  readonly #free: Lane[][];

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    const { epochs, partitions, outboxMaxBytes } = options;
    this.#free = partitions.map(({ connection, no }) =>
      Array.from({ length: this.lanes }, () => new Lane(connection, epochs, no, outboxMaxBytes)),
    );
  }

  async take(partitionNo: number, groups: Group[]): Promise<Outcome[][]> {
    const lane = this.#free[partitionNo]!.pop();
    if (!lane) throw new StoreUnavailable("more batches at once than lanes");
    const { keys, userIds } = this.#partition(partitionNo);
    const parts = groups.map((group) => encodeGroup(keys, group, userIds));
    try {
      const reply = await lane.send(
        [keys.fence, keys.outbox, keys.lane(lane.id), keys.bans, ...parts.flatMap((part) => part.keys)],
        parts.flatMap((part) => part.args),
      );
      const nowMs = Number(reply[1]!.toString("latin1"));
      return groups.map((group, g) => {
        for (const [pool, stock] of decodeLevels(reply[3 + 2 * g]!.toString("latin1"))) {
          this.#options.onLevel(partitionNo, group, pool, stock);
        }
        return decodeOutcomes(reply[2 + 2 * g]!, group.plan.numberedBy !== undefined, nowMs);
      });
    } finally {
      this.#free[partitionNo]!.push(lane);
    }
  }

  /** From now on refuses takes under older revisions of this campaign as stale. Lower revisions change nothing. */
  adopt(partitionNo: number, campaignNo: number, revision: number): Promise<void> {
    return this.#inEpoch(partitionNo, (partition, epoch) => partition.adopt(epoch, campaignNo, revision));
  }

  seal(partitionNo: number, campaignNo: number, untilMs: number): Promise<void> {
    return this.#inEpoch(partitionNo, (partition, epoch) => partition.seal(epoch, campaignNo, untilMs));
  }

  ban(partitionNo: number, userHash: Buffer, banned: boolean): Promise<void> {
    return this.#inEpoch(partitionNo, (partition, epoch) => partition.ban(epoch, userHash, banned));
  }

  release(partitionNo: number, released: Released): Promise<void> {
    return this.#inEpoch(partitionNo, (partition, epoch) => partition.release(epoch, released));
  }

  async issued(partitionNo: number, campaignNo: number): Promise<Map<number, number>> {
    const stock = await this.#partition(partitionNo).stock(campaignNo);
    return new Map(
      Object.entries(stock)
        .filter(([field]) => /^i\d+$/.test(field))
        .map(([field, count]) => [Number(field.slice(1)), Number(count)]),
    );
  }

  async nowMs(partitionNo: number): Promise<number> {
    return (await this.#partition(partitionNo).state()).nowMs;
  }

  async forget(partitionNo: number, campaignNo: number): Promise<void> {
    await this.#partition(partitionNo).forget(campaignNo);
  }

  async #inEpoch(
    partitionNo: number,
    work: (partition: RedisPartition, epoch: number) => Promise<void>,
  ): Promise<void> {
    const { epochs } = this.#options;
    const epoch = epochs.current(partitionNo);
    if (epoch === undefined) throw new StoreUnavailable("the partition is not armed yet");
    try {
      await work(this.#partition(partitionNo), epoch);
    } catch (error) {
      if (error instanceof Fenced) epochs.lost(partitionNo);
      throw error;
    }
  }

  #partition(no: number): RedisPartition {
    return this.#options.partitions[no]!;
  }
}
