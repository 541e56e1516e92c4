import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ReplyError } from "ioredis";
import { StoreUnavailable } from "../store.ts";
import { type Connection, isElsewhere } from "./connect.ts";

/** Which epoch a partition is in, as far as this server knows. */
export interface Epochs {
  current(partitionNo: number): number | undefined;
  /** The store says otherwise: find out, and arm it if nobody else does. */
  lost(partitionNo: number): void;
}

/** How long a batch of unknown outcome is asked about again before its takes are answered with UNAVAILABLE. */
const resolveMs = 2_000;
/** Longer than any retry, a clock that jumps by an hour included. */
const recordLifeMs = 86_400_000;

/**
 * One numbered sequence of batches from this process to one partition, one in flight. A number is applied once, so asking again
 * after a lost reply is safe. After giving up on a number the lane goes on with the next: a late copy of the old one is refused.
 */
export class Lane {
  readonly id = randomBytes(9).toString("base64url");
  readonly #connection: Connection;
  readonly #epochs: Epochs;
  readonly #partitionNo: number;
  readonly #outboxMaxBytes: number;
  #number = 0;

  constructor(connection: Connection, epochs: Epochs, partitionNo: number, outboxMaxBytes: number) {
    this.#connection = connection;
    this.#epochs = epochs;
    this.#partitionNo = partitionNo;
    this.#outboxMaxBytes = outboxMaxBytes;
  }

  /** Sends a batch until its outcome is known. Throws StoreUnavailable when it was not applied or can't be resolved in time. */
  async send(keys: string[], args: (string | Buffer)[]): Promise<Buffer[]> {
    const number = ++this.#number;
    const giveUpMs = performance.now() + resolveMs;
    let sentEpoch: number | undefined;
    for (;;) {
      const epoch = this.#epochs.current(this.#partitionNo);
      if (epoch !== undefined) {
        const doubtful = sentEpoch !== undefined && sentEpoch !== epoch;
        const reply = await this.#call(number, epoch, doubtful, keys, args);
        if (Array.isArray(reply)) {
          const status = reply[0]!.toString("latin1");
          if (status === "ok") return reply;
          // Refused by the fence: nothing was done. Somebody finds out which epoch it is, and the batch goes out again under it.
          this.#epochs.lost(this.#partitionNo);
        } else if (reply === "lost") {
          sentEpoch ??= epoch;
        } else if (reply !== "elsewhere" && sentEpoch === undefined) {
          throw reply;
        }
      } else if (sentEpoch === undefined) {
        throw new StoreUnavailable("the partition is not armed yet");
      }
      const leftMs = giveUpMs - performance.now();
      if (leftMs <= 0) throw new StoreUnavailable("no answer from Redis in time");
      if (sentEpoch === undefined && this.#connection()?.status !== "ready") {
        throw new StoreUnavailable("not connected to Redis");
      }
      await delay(Math.min(10, leftMs));
    }
  }

  /** The reply; "lost" when it may or may not have been applied; "elsewhere" or an error when it was not. */
  async #call(
    number: number,
    epoch: number,
    doubtful: boolean,
    keys: string[],
    args: (string | Buffer)[],
  ): Promise<Buffer[] | "lost" | "elsewhere" | StoreUnavailable> {
    const redis = this.#connection();
    // Not connected: ioredis would fail the command without sending it, as with every command in flight.
    if (redis?.status !== "ready") return new StoreUnavailable("not connected to Redis");
    try {
      return (await redis.callBuffer(
        "FCALL",
        "allot_take",
        keys.length,
        ...keys,
        String(epoch),
        String(number),
        doubtful ? "1" : "0",
        String(this.#outboxMaxBytes),
        String(recordLifeMs),
        ...args,
      )) as Buffer[];
    } catch (error) {
      if (!(error instanceof ReplyError)) return "lost";
      if (isElsewhere(error as Error)) return "elsewhere";
      // An error reply: the Function checks everything before its first write, so nothing was done.
      const text = String(error);
      if (text.includes("Function not found")) this.#epochs.lost(this.#partitionNo);
      return new StoreUnavailable(`Redis refused the batch: ${text}`);
    }
  }
}
