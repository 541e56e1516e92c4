import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Service, Stopping } from "../flows/service.ts";
import type { Logger } from "../log.ts";

const restartMs = 1_000;

/** The drain beside the server in its process, on a thread of its own: decoding and inserting rows would slow the answers. */
export class DrainThread implements Service {
  readonly name = "drain thread";
  readonly #log: Logger;
  readonly #stopping = new Stopping();
  #worker: Worker | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      const worker = new Worker(new URL("./drain-worker.ts", import.meta.url));
      this.#worker = worker;
      worker.on("error", (error) => this.#log.error({ err: error }, "the drain's thread ended by an error"));
      await once(worker, "exit").catch(() => {});
      await this.#stopping.pause(restartMs);
    }
  }

  stop(): void {
    this.#stopping.stop();
    this.#worker?.postMessage("stop");
  }
}
