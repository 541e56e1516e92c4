import type { Config } from "../config.ts";
import { Drain } from "../flows/drain.ts";
import type { Service } from "../flows/service.ts";
import { mysqlLedger } from "../ledger/mysql/ledger.ts";
import type { Logger } from "../log.ts";
import { connectRedis } from "../store/redis/connect.ts";
import { partitionsOn } from "./lent.ts";

/** The drain with connections of its own, which it closes when it has stopped. */
export function openDrain(config: Config, log: Logger): Service {
  const redis = connectRedis(config.redisUrl!, (error) => log.debug({ err: error }, "redis connection"));
  const { ledger, lending } = mysqlLedger(config.mysqlUrl!);
  const drain = new Drain({ lending, partitions: partitionsOn(redis, config.partitions), log });
  return {
    name: drain.name,
    stop: () => drain.stop(),
    async run() {
      await drain.run();
      redis.disconnect();
      await ledger.close();
    },
  };
}
