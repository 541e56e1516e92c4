import type { Logger } from "../log.ts";
import { OutageLog } from "./outage-log.ts";
import { type Service, Stopping } from "./service.ts";

/** Work that comes round every so often. What goes wrong in a round is said once, and the next round tries again. */
export abstract class Recurring implements Service {
  readonly name: string;
  readonly #intervalMs: number;
  readonly #stopping = new Stopping();
  readonly #outages: OutageLog;

  constructor(name: string, intervalMs: number, log: Logger) {
    this.name = name;
    this.#intervalMs = intervalMs;
    this.#outages = new OutageLog(log, name);
  }

  abstract round(): Promise<void>;

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      await this.#stopping.pause(this.#intervalMs);
      if (this.#stopping.stopped) return;
      try {
        await this.round();
        this.#outages.over(0);
      } catch (error) {
        this.#outages.trouble(0, error);
      }
    }
  }

  stop(): void {
    this.#stopping.stop();
  }
}
