import type { Secrets } from "../keys/secrets.ts";
import type { Logger } from "../log.ts";
import { OutageLog } from "./outage-log.ts";
import { type Service, Stopping } from "./service.ts";

/** `allot keys rewrap` waits for longer, so that nothing is wrapped by the old master key behind it. */
const intervalMs = 1_000;

/** While one master key takes another's place: notices when the new one begins to wrap. */
export class MasterKeyChange implements Service {
  readonly name = "master key change";
  readonly #secrets: Pick<Secrets, "settle">;
  readonly #stopping = new Stopping();
  readonly #outages: OutageLog;

  constructor(secrets: Pick<Secrets, "settle">, log: Logger) {
    this.#secrets = secrets;
    this.#outages = new OutageLog(log, "master key change");
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      try {
        await this.#secrets.settle();
        this.#outages.over(0);
      } catch (error) {
        this.#outages.trouble(0, error);
      }
      await this.#stopping.pause(intervalMs);
    }
  }

  stop(): void {
    this.#stopping.stop();
  }
}
