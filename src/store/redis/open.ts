import { RedisCluster } from "./cluster.ts";
import { connected, connectRedis } from "./connect.ts";
import type { RedisServers } from "./servers.ts";

/** One URL is one server; several with commas between are seed nodes of a cluster, by which the others are found. */
export function openRedis(url: string, onError: (error: Error) => void): RedisServers {
  if (isCluster(url)) return new RedisCluster(url.split(","), onError);
  const redis = connectRedis(url, onError);
  return {
    serving: () => redis,
    masters: () => [redis],
    connected: (timeoutMs) => connected(redis, timeoutMs),
    close: () => redis.disconnect(),
  };
}

export const isCluster = (url: string) => url.includes(",");
