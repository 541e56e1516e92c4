import { type Config, ConfigError } from "../config.ts";
import { openDrain } from "../engine/open-drain.ts";
import { runAll } from "../flows/service.ts";
import type { Logger } from "../log.ts";
import { openLedger } from "./open-ledger.ts";
import { signalled } from "./signalled.ts";

/** Drains until SIGTERM or SIGINT. */
export async function drain(config: Config, log: Logger): Promise<void> {
  if (config.redisUrl === undefined) {
    throw new ConfigError(["allot drain needs REDIS_URL and MYSQL_URL: embedded there is nothing to drain."]);
  }
  const stop = signalled();
  const opened = await openLedger(config, log, stop);
  if (opened?.kind !== "lent") return;
  await opened.ledger.close();
  const background = runAll([openDrain(config, log)], log);
  log.info({ partitions: config.partitions }, "draining");
  await stop.promise;
  await background.stop();
  log.info("stopped");
}
