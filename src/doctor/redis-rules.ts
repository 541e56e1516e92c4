import { type GapName, gapsIn } from "../store/redis/durability.ts";
import { showBytes } from "./bytes.ts";
import { bad, type Finding, judgeBy, ok, type Rule, warn } from "./finding.ts";
import { coverageSetting, type RedisFacts } from "./redis-facts.ts";
import { timingRules } from "./timing.ts";

/** Functions came with it. */
const leastMajor = 7;
const fullShare = 0.8;

export function judgeRedis(facts: RedisFacts, about = "Redis"): Finding[] {
  return judgeBy(about, rules, facts);
}

/** The verdict on one of the settings that decide whether a restart loses anything. */
function durable(name: GapName & string, value: string): Rule<RedisFacts>["judge"] {
  return (facts) => {
    const found = gapsIn(facts).get(name);
    if (found === undefined) return ok(value);
    if (name !== "appendonly" && !facts.config.has(name)) {
      return warn(
        found,
        `Let Allot's user read it (ACL SETUSER <user> +config|get) and see that it is ${value}; where it can't be shown, unspent serials are set aside as in doubt after a restart.`,
      );
    }
    return bad(found, `CONFIG SET ${name} ${value}, and \`${name} ${value}\` in redis.conf.`);
  };
}

const rules: Rule<RedisFacts>[] = [
  {
    check: "version",
    why: "What is atomic and synced in one step is a Redis Function, which Redis has from 7.0 on.",
    judge({ info }) {
      const valkey = info.get("valkey_version");
      const version = valkey ?? info.get("redis_version") ?? "unknown";
      const found = `${valkey ? "Valkey" : "Redis"} ${version}`;
      return Number.parseInt(version, 10) >= leastMajor
        ? ok(found)
        : bad(found, "Run Redis 7.0 or Valkey 7.2, or a later one.");
    },
  },
  {
    check: "cluster",
    why: "With the default a cluster refuses everything while one of its masters is away; without it the other masters' partitions go on.",
    judge({ info, config }) {
      if (info.get("cluster_enabled") !== "1") return ok("one server");
      const coverage = config.get(coverageSetting);
      return coverage === "no"
        ? ok("of a cluster; it goes on while others are away")
        : warn(
            `of a cluster; ${coverageSetting} is ${coverage ?? "hidden from this user"}`,
            `CONFIG SET ${coverageSetting} no, and \`${coverageSetting} no\` in redis.conf.`,
          );
    },
  },
  {
    check: "role",
    why: "Only a master takes writes.",
    judge: ({ info }) =>
      info.get("role") === "master"
        ? ok("master")
        : bad(
            `a replica of ${info.get("master_host")}:${info.get("master_port")}`,
            `Set REDIS_URL to the master, or make this one the master: REPLICAOF NO ONE.`,
          ),
  },
  {
    check: "promotion",
    why: "A promoted replica may miss what the master before it acknowledged last, so unspent serials are set aside as in doubt whenever it is armed.",
    judge: (facts) =>
      gapsIn(facts).has("promoted")
        ? warn(
            "promoted from a replica",
            "Restart this Redis once, in a quiet hour: from then on it counts as one that has always been the master.",
          )
        : ok("never a replica since its start"),
  },
  {
    check: "replicas",
    why: "A batch reaches a replica after it was acknowledged, so promoting one can lose coupons that people were told of (never more are issued than the quota).",
    judge({ info }) {
      const count = Number(info.get("connected_slaves") ?? 0);
      return count === 0
        ? ok("none")
        : warn(
            `${count}, asynchronous`,
            "When the master fails, restart it over its own disk rather than promote a replica.",
          );
    },
  },
  {
    check: "appendonly",
    why: "Without the append-only file a restart forgets what was given out since the last snapshot.",
    judge: durable("appendonly", "yes"),
  },
  {
    check: "appendfsync",
    why: "With always a batch is on disk before anybody is told; with everysec a power cut takes up to two seconds of coupons.",
    judge: durable("appendfsync", "always"),
  },
  {
    check: "no-appendfsync-on-rewrite",
    why: "With yes nothing is synced while the append-only file is being rewritten, which happens under load.",
    judge: durable("no-appendfsync-on-rewrite", "no"),
  },
  {
    check: "append-only file",
    why: "Redis refuses every write while its file can't be written.",
    judge({ info }) {
      const status = info.get("aof_last_write_status") ?? "ok";
      return status === "ok"
        ? ok("written")
        : bad(`last write: ${status}`, "Make room on the disk of Redis' `dir`, and read its log.");
    },
  },
  {
    check: "maxmemory-policy",
    why: "Eviction takes claims and stock away at random: limits would be forgotten and coupons lost.",
    judge({ info }) {
      const policy = info.get("maxmemory_policy") ?? "unknown";
      return policy === "noeviction"
        ? ok(policy)
        : bad(
            policy,
            "CONFIG SET maxmemory-policy noeviction, and `maxmemory-policy noeviction` in redis.conf.",
          );
    },
  },
  {
    check: "maxmemory",
    why: "At a bound Redis refuses to give out more, which harms nobody; without one the kernel ends it when the machine is full.",
    judge({ info }) {
      const [used, most, machine] = ["used_memory", "maxmemory", "total_system_memory"].map((name) =>
        Number(info.get(name) ?? 0),
      );
      if (most! > 0) {
        const found = `${showBytes(used!)} of ${showBytes(most!)} used`;
        return used! < most! * fullShare
          ? ok(found)
          : warn(found, "CONFIG SET maxmemory to more, or let ended campaigns be drained and deleted.");
      }
      const found = `no bound; ${showBytes(used!)} used${machine! > 0 ? `, the machine has ${showBytes(machine!)}` : ""}`;
      return warn(
        found,
        "CONFIG SET maxmemory to about half of what the machine (or the container) may use, and the same in redis.conf; a rewrite of the file needs the rest.",
      );
    },
  },
  {
    check: "Function library",
    why: "Servers call Allot's Functions and refuse to work with those of another version.",
    judge({ library }) {
      switch (library) {
        case "current":
          return ok("this version's");
        case "missing":
          return ok("not there yet; `allot migrate` loads it, or the first server that may");
        case "other":
          return bad("another version's", "Run `allot migrate` with the version that the servers run.");
        default:
          return bad(
            "can't be read",
            "Give Allot's user the rights that docs/security.md lists (ACL SETUSER).",
          );
      }
    },
  },
  ...timingRules(
    "Every batch of requests waits for one round trip to Redis.",
    "Campaigns start and end, and days begin, by Redis' clock.",
  ),
];
