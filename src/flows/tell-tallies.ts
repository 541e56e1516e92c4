import type { OutcomeCount, OutcomeCounts } from "../ledger/outcomes.ts";
import type { Logger } from "../log.ts";
import { OutageLog } from "./outage-log.ts";
import { type Service, Stopping } from "./service.ts";

export interface TellTalliesOptions {
  ledger: Pick<OutcomeCounts, "addOutcomes">;
  tallies: { take(): OutcomeCount[]; giveBack(counts: OutcomeCount[]): void };
  log: Logger;
}

const intervalMs = 1_000;

/** Adds what this server counted to what all have counted, every second and at the end. */
export class TellTallies implements Service {
  readonly name = "tallies";
  readonly #options: TellTalliesOptions;
  readonly #stopping = new Stopping();
  readonly #outages: OutageLog;

  constructor(options: TellTalliesOptions) {
    this.#options = options;
    this.#outages = new OutageLog(options.log, "tallies");
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      await this.#stopping.pause(intervalMs);
      await this.#tell();
    }
  }

  stop(): void {
    this.#stopping.stop();
  }

  async #tell(): Promise<void> {
    const { ledger, tallies } = this.#options;
    const counts = tallies.take();
    if (counts.length === 0) return;
    try {
      await ledger.addOutcomes(counts);
      this.#outages.over(0);
    } catch (error) {
      // If some were added all the same, they count twice: better than not at all, for figures to look at.
      tallies.giveBack(counts);
      this.#outages.trouble(0, error);
    }
  }
}
