import { expect, test } from "vitest";
import { judgeRedisCluster } from "./redis-cluster-rules.ts";

const troubles = (unserved: number, ...counts: number[]) =>
  judgeRedisCluster({ unserved, partitions: new Map(counts.map((count, no) => [`host:${no}`, count])) })
    .filter(({ level }) => level !== "ok")
    .map(({ check, level, found }) => [check, level, found]);

test("a cluster whose masters have about the same number of partitions is well", () => {
  expect(troubles(0, 6, 5, 5)).toEqual([]);
  expect(troubles(0, 16)).toEqual([]);
});

test("slots that nobody serves, two masters, masters without partitions and uneven ones are told", () => {
  expect(troubles(1, 6, 5, 5)).toEqual([["slots", "bad", "1 served by nobody"]]);
  expect(troubles(0, 8, 8)).toEqual([["masters", "warn", "2, so each stops when the other is away"]]);
  expect(troubles(0, 1, 1, 0)).toEqual([["partitions", "warn", "2 over 3 masters, 0 to 1 each"]]);
  expect(troubles(0, 9, 4, 3)).toEqual([["partitions", "warn", "16 over 3 masters, 3 to 9 each"]]);
});
