import { describe, expect, test } from "vitest";
import type { RedisFacts } from "./redis-facts.ts";
import { judgeRedis } from "./redis-rules.ts";

const safeInfo = {
  redis_version: "7.0.15",
  cluster_enabled: "0",
  role: "master",
  connected_slaves: "0",
  second_repl_offset: "-1",
  aof_enabled: "1",
  aof_last_write_status: "ok",
  maxmemory_policy: "noeviction",
  maxmemory: "1073741824",
  used_memory: "1048576",
  total_system_memory: "17179869184",
};
const safeConfig = { appendfsync: "always", "no-appendfsync-on-rewrite": "no" };

interface Change {
  info?: Record<string, string>;
  config?: Record<string, string | undefined>;
  library?: RedisFacts["library"] | "unreadable";
  timing?: Partial<RedisFacts["timing"]>;
}

function factsOf({ info, config, library, timing }: Change): RedisFacts {
  const settings = Object.entries({ ...safeConfig, ...config }).filter(([, value]) => value !== undefined);
  return {
    info: new Map(Object.entries({ ...safeInfo, ...info })),
    config: new Map(settings as [string, string][]),
    library: library === "unreadable" ? undefined : (library ?? "current"),
    timing: { roundTripMs: 0.1, clockAheadMs: 3, ...timing },
  };
}

/** What is not ok: check → level. */
const troubles = (change: Change) =>
  Object.fromEntries(
    judgeRedis(factsOf(change))
      .filter(({ level }) => level !== "ok")
      .map(({ check, level }) => [check, level]),
  );

describe("a Redis", () => {
  test("that keeps every promise is found to", () => expect(troubles({})).toEqual({}));

  test.each<[string, Change, Record<string, "warn" | "bad">]>([
    [
      "too old",
      { info: { redis_version: "6.2.7" }, library: "unreadable" },
      { version: "bad", "Function library": "bad" },
    ],
    ["of two digits", { info: { redis_version: "10.0.0" } }, {}],
    [
      "Valkey, whatever Redis it says to be",
      { info: { valkey_version: "9.0.1", redis_version: "7.2.4" } },
      {},
    ],
    [
      "a cluster's that stops with any of its masters",
      { info: { cluster_enabled: "1" }, config: { "cluster-require-full-coverage": "yes" } },
      { cluster: "warn" },
    ],
    [
      "a cluster's that goes on without the others",
      { info: { cluster_enabled: "1" }, config: { "cluster-require-full-coverage": "no" } },
      {},
    ],
    ["a replica", { info: { role: "slave", master_host: "10.0.0.1", master_port: "6379" } }, { role: "bad" }],
    ["a promoted one", { info: { second_repl_offset: "14" } }, { promotion: "warn" }],
    ["with replicas", { info: { connected_slaves: "2" } }, { replicas: "warn" }],
    ["without a file", { info: { aof_enabled: "0" } }, { appendonly: "bad" }],
    ["that syncs every second", { config: { appendfsync: "everysec" } }, { appendfsync: "bad" }],
    ["that never syncs", { config: { appendfsync: "no" } }, { appendfsync: "bad" }],
    [
      "that does not sync while it rewrites",
      { config: { "no-appendfsync-on-rewrite": "yes" } },
      { "no-appendfsync-on-rewrite": "bad" },
    ],
    [
      "that hides its settings",
      { config: { appendfsync: undefined, "no-appendfsync-on-rewrite": undefined } },
      { appendfsync: "warn", "no-appendfsync-on-rewrite": "warn" },
    ],
    ["whose disk is full", { info: { aof_last_write_status: "err" } }, { "append-only file": "bad" }],
    ["that evicts", { info: { maxmemory_policy: "allkeys-lru" } }, { "maxmemory-policy": "bad" }],
    ["without a bound", { info: { maxmemory: "0" } }, { maxmemory: "warn" }],
    ["that is nearly full", { info: { used_memory: "1000000000" } }, { maxmemory: "warn" }],
    ["without the library", { library: "missing" }, {}],
    ["with another version's library", { library: "other" }, { "Function library": "bad" }],
    ["far away", { timing: { roundTripMs: 12 } }, { "round trip": "warn" }],
    ["whose clock is ahead", { timing: { clockAheadMs: 1_500 } }, { clock: "warn" }],
    ["whose clock is behind", { timing: { clockAheadMs: -1_500 } }, { clock: "warn" }],
    ["whose clock is far behind", { timing: { clockAheadMs: -31_000 } }, { clock: "bad" }],
  ])("%s", (_, change, expected) => expect(troubles(change)).toEqual(expected));

  test("whatever is not ok comes with what to do, and what is ok without", () => {
    const everything = judgeRedis(
      factsOf({
        info: { ...Object.fromEntries(Object.keys(safeInfo).map((name) => [name, "1"])), role: "slave" },
        config: { appendfsync: "no", "no-appendfsync-on-rewrite": "yes" },
        library: "other",
        timing: { roundTripMs: 99, clockAheadMs: 9_000 },
      }),
    );
    expect(
      everything.map(({ check, level, remedy }) => [check, level !== "ok", remedy !== undefined]),
    ).toEqual(everything.map(({ check, level }) => [check, level !== "ok", level !== "ok"]));
    expect(everything.find(({ check }) => check === "appendfsync")).toMatchObject({
      level: "bad",
      found: "appendfsync is no, not always",
      remedy: "CONFIG SET appendfsync always, and `appendfsync always` in redis.conf.",
    });
  });
});
