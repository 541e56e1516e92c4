import { bad, type Finding, judgeBy, ok, type Rule, warn } from "./finding.ts";
import type { RedisClusterFacts } from "./redis-cluster-facts.ts";

/** The fullest master's share over an even one. */
const unevenFrom = 1.5;

export function judgeRedisCluster(facts: RedisClusterFacts): Finding[] {
  return judgeBy("Redis Cluster", rules, facts);
}

const rules: Rule<RedisClusterFacts>[] = [
  {
    check: "slots",
    why: "A partition whose slot nobody serves issues nothing.",
    judge: ({ unserved }) =>
      unserved === 0
        ? ok("all served")
        : bad(
            `${unserved} served by nobody`,
            "Start the masters that had them, or `redis-cli --cluster fix`.",
          ),
  },
  {
    check: "masters",
    why: "Masters refuse to work unless they see most of each other.",
    judge: ({ partitions: { size } }) =>
      size === 2
        ? warn("2, so each stops when the other is away", "Have three masters or more, or one.")
        : ok(String(size)),
  },
  {
    check: "partitions",
    why: "A partition is on one master, so a master with more of them is the first to be busy, and one without is of no use.",
    judge({ partitions }) {
      const counts = [...partitions.values()];
      const total = counts.reduce((sum, count) => sum + count, 0);
      const most = Math.max(...counts);
      const found = `${total} over ${counts.length} masters, ${Math.min(...counts)} to ${most} each`;
      return Math.min(...counts) > 0 && most * counts.length <= unevenFrom * total
        ? ok(found)
        : warn(
            found,
            "Before there is data: ALLOT_PARTITIONS several times the masters there may ever be. Afterwards: as many masters as divide it.",
          );
    },
  },
];
