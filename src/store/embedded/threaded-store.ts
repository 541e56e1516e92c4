import type { Worker } from "node:worker_threads";
import { type Group, type Outcome, type Released, type Store, StoreUnavailable } from "../store.ts";
import { type PackedOutcomes, unpackOutcomes } from "./packed-outcomes.ts";
import { packGroup } from "./packed-takes.ts";
import type { Answer, Question } from "./serve-store.ts";

export interface ThreadedStoreOptions {
  /** Runs serveStore. */
  thread: Worker;
  /** Keeps transactions of other connections off the file while the thread has one open. */
  exclusive<T>(work: () => T | Promise<T>): Promise<T>;
  /** A commit failed, or the thread did: what is in the file nobody here can know, so the process must end and read it anew. */
  onBroken(error: unknown): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * The embedded store in a thread of its own: SQLite's work and the waits for the disk are there, while this one reads the next requests.
 * Questions are answered in their order.
 */
export class ThreadedStore implements Store {
  readonly lanes = 1;
  readonly #thread: Worker;
  readonly #exclusive: ThreadedStoreOptions["exclusive"];
  readonly #waiting: Waiting[] = [];
  #closing = false;
  /** What every question is answered with once the thread has failed. */
  #gone: StoreUnavailable | undefined;

  constructor({ thread, exclusive, onBroken }: ThreadedStoreOptions) {
    this.#thread = thread;
    this.#exclusive = exclusive;
    const broken = (error: unknown) => {
      if (this.#gone || this.#closing) return;
      this.#gone = new StoreUnavailable("the store failed: the server ends, and starts from what is on disk");
      for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#gone);
      onBroken(error);
    };
    thread.on("message", (answer: Answer) => {
      if ("broken" in answer) broken(answer.broken);
      if (this.#gone) return;
      const waiting = this.#waiting.shift()!;
      if ("unavailable" in answer) waiting.reject(new StoreUnavailable(answer.unavailable));
      else if ("value" in answer) waiting.resolve(answer.value);
    });
    thread.on("error", broken);
    thread.on("exit", () => broken(new Error("the store's thread has ended")));
    // It writes when it starts, so that is a turn too.
    exclusive(() => this.nowMs()).catch(() => {});
  }

  async take(_partitionNo: number, groups: Group[]): Promise<Outcome[][]> {
    const packed = groups.map(packGroup);
    const outcomes = await this.#exclusive(() => this.#ask<PackedOutcomes[]>({ take: packed }));
    return outcomes.map(unpackOutcomes);
  }

  issued(_partitionNo: number, campaignNo: number): Promise<Map<number, number>> {
    return this.#ask({ issued: campaignNo });
  }

  nowMs(): Promise<number> {
    return this.#ask({ nowMs: true });
  }

  forget(_partitionNo: number, campaignNo: number): Promise<void> {
    return this.#exclusive(() => this.#ask<void>({ forget: campaignNo }));
  }

  seal(_partitionNo: number, campaignNo: number, untilMs: number): Promise<void> {
    return this.#exclusive(() => this.#ask<void>({ seal: { campaignNo, untilMs } }));
  }

  /** See EmbeddedStore: there is nothing to tell it. */
  ban(): Promise<void> {
    return Promise.resolve();
  }

  release(_partitionNo: number, released: Released): Promise<void> {
    return this.#exclusive(() => this.#ask<void>({ release: released }));
  }

  /** When the last question is answered. */
  async close(): Promise<void> {
    if (!this.#gone) {
      await this.#ask({ close: true });
      this.#closing = true;
    }
    await this.#thread.terminate();
  }

  #ask<T>(question: Question): Promise<T> {
    if (this.#gone) return Promise.reject(this.#gone);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject });
    this.#thread.postMessage(question);
    return promise;
  }
}
