import { Worker } from "node:worker_threads";
import type { JournalPages } from "../record/journal.ts";
import { Latency } from "../record/latency.ts";
import { addCount } from "../record/outcome.ts";
import { Timeline } from "./timeline.ts";
import type { Message, Order, Settled, WorkerPlan } from "./worker-plan.ts";

/** What the load came to, over all workers. */
export interface Load {
  timeline: Timeline;
  journals: JournalPages[];
  settled: Settled;
  lag: Latency;
  /** From the first request's due time to the last answer. */
  durationMs: number;
}

/** The worker threads of a run, from here: opens them all, starts them at one instant, gathers what they hand in. */
export class Crew {
  readonly timeline = new Timeline();
  readonly #workers: Worker[];
  readonly #ready: PromiseWithResolvers<void>[] = [];
  readonly #done: PromiseWithResolvers<JournalPages>[] = [];
  readonly #settled: Settled = { asked: 0, outcomes: new Map() };
  readonly #lag = new Latency();
  #endMs = 0;

  constructor(plans: WorkerPlan[]) {
    const url = new URL("./worker.ts", import.meta.url);
    this.#workers = plans.map((plan) => {
      const worker = new Worker(url, { workerData: plan });
      const ready = Promise.withResolvers<void>();
      const done = Promise.withResolvers<JournalPages>();
      this.#ready.push(ready);
      this.#done.push(done);
      done.promise.catch(() => {});
      worker.on("error", (error) => {
        ready.reject(error);
        done.reject(error);
      });
      worker.on("message", (message: Message) => this.#receive(message, ready, done));
      return worker;
    });
  }

  /** Resolves when every worker has its connections open. */
  async ready(): Promise<void> {
    await Promise.all(this.#ready.map(({ promise }) => promise));
  }

  /** Runs the load from `startMs` on; `firstDueMs` is when its first request is due, both on the monotonic clock. */
  async run(startMs: number, firstDueMs: number): Promise<Load> {
    this.#order({ kind: "start", startMs });
    const journals = await Promise.all(this.#done.map(({ promise }) => promise));
    this.timeline.finish();
    return {
      timeline: this.timeline,
      journals,
      settled: this.#settled,
      lag: this.#lag,
      durationMs: Math.max(1, this.#endMs - firstDueMs),
    };
  }

  /** Ends the load early: nothing more is sent, what is in flight may be answered for 2 s. */
  stop(): void {
    this.#order({ kind: "stop" });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #order(order: Order): void {
    for (const worker of this.#workers) worker.postMessage(order);
  }

  #receive(
    message: Message,
    ready: PromiseWithResolvers<void>,
    done: PromiseWithResolvers<JournalPages>,
  ): void {
    switch (message.kind) {
      case "ready":
        ready.resolve();
        break;
      case "interval":
        this.timeline.add(message.interval);
        break;
      case "loaded":
        this.#endMs = Math.max(this.#endMs, message.endMs);
        break;
      case "done":
        this.#lag.add(Latency.decode(message.lag));
        this.#settled.asked += message.settled.asked;
        for (const [outcome, count] of message.settled.outcomes)
          addCount(this.#settled.outcomes, outcome, count);
        done.resolve(message.pages);
    }
  }
}
