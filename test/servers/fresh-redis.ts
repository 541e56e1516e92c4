import { Redis } from "ioredis";
import { afterAll } from "vitest";
import { type RedisServer, startRedis } from "./redis.ts";

let shared: Promise<RedisServer> | undefined;

/**
 * An empty Redis for this test file: started by the first call, emptied (data and Functions) by later ones, stopped after
 * the file's last test. For tests that neither stop nor reconfigure it; those start their own by `startRedis`.
 */
export async function freshRedis(): Promise<RedisServer> {
  if (!shared) {
    shared = startRedis();
    return await shared;
  }
  const server = await shared;
  const redis = new Redis(server.url);
  await redis.flushall();
  await redis.function("FLUSH");
  redis.disconnect();
  return server;
}

afterAll(async () => {
  await (await shared)?.stop();
});
