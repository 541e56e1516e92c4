import { addressOf } from "../store/redis/connect.ts";
import { partitionKeys } from "../store/redis/keys.ts";
import type { RedisServers } from "../store/redis/servers.ts";
import { slots } from "../store/redis/slot-ranges.ts";

export interface RedisClusterFacts {
  /** Slots that nobody serves. */
  unserved: number;
  /** How many of Allot's partitions each master has, by its address. */
  partitions: Map<string, number>;
}

/** What is known of a cluster by its map, without asking anybody. */
export function collectRedisCluster(servers: RedisServers, partitions: number): RedisClusterFacts {
  const perMaster = new Map(servers.masters().map((redis) => [addressOf(redis), 0]));
  for (let no = 0; no < partitions; no++) {
    const redis = servers.serving(partitionKeys(no, partitions).slot);
    if (redis) perMaster.set(addressOf(redis), perMaster.get(addressOf(redis))! + 1);
  }
  const served = Array.from({ length: slots }, (_, slot) => servers.serving(slot)).filter(Boolean);
  return { unserved: slots - served.length, partitions: perMaster };
}
