import { type Config, ConfigError } from "../config.ts";
import { partitionsOn } from "../engine/lent.ts";
import { Drain } from "../flows/drain.ts";
import { runAll } from "../flows/service.ts";
import { openSecrets } from "../keys/secrets.ts";
import type { Logger } from "../log.ts";
import { openRedis } from "../store/redis/open.ts";
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
  const { outboxKey } = await openSecrets(opened.ledger, opened.masterKey, config.masterKeyOld);
  const servers = openRedis(config.redisUrl, (error) => log.debug({ err: error }, "redis connection"));
  const service = new Drain({
    lending: opened.lending,
    partitions: partitionsOn(servers, config.partitions, outboxKey),
    log,
  });
  const background = runAll([service], log);
  log.info({ partitions: config.partitions }, "draining");
  await stop.promise;
  await background.stop();
  servers.close();
  await opened.ledger.close();
  log.info("stopped");
}
