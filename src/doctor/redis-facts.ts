import { type Redis, ReplyError } from "ioredis";
import { durabilitySettings } from "../store/redis/durability.ts";
import { type LibraryState, libraryState } from "../store/redis/library.ts";
import { readServerFacts, type ServerFacts } from "../store/redis/server-facts.ts";
import { measureTiming, type Timing } from "./timing.ts";

/** Whether all of a cluster stops with one of its masters. */
export const coverageSetting = "cluster-require-full-coverage";

export interface RedisFacts extends ServerFacts {
  /** Undefined: Functions are unknown to this server, or not for this user. */
  library: LibraryState | undefined;
  timing: Timing;
}

/** Reads only. Rejects when Redis can't be asked. */
export async function collectRedis(redis: Redis): Promise<RedisFacts> {
  const server = await readServerFacts(redis, [...durabilitySettings, coverageSetting]);
  const library = await libraryState(redis).catch((error) => {
    if (!(error instanceof ReplyError)) throw error;
    return undefined;
  });
  const timing = await measureTiming(async () => {
    const [seconds, micros] = (await redis.time()).map(Number);
    return seconds! * 1000 + micros! / 1000;
  });
  return { ...server, library, timing };
}
