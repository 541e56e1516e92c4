import { expect, test } from "vitest";
import { examineMysql, examineRedis } from "../src/doctor/examine.ts";
import { optionsOf, readCompose } from "./docker/compose.ts";
import { startMysql } from "./servers/mysql.ts";
import { startRedis } from "./servers/redis.ts";

const { services } = readCompose();

test("the compose file's Redis is safe by `allot doctor`", async () => {
  const config = optionsOf(services.redis!);
  expect(Object.keys(config)).toHaveLength(6);
  await using redis = await startRedis({ config });
  expect((await examineRedis(redis.url)).filter(({ level }) => level !== "ok")).toEqual([]);
});

test("the compose file's MySQL is safe by `allot doctor`, its tables still to be made", async () => {
  const config = optionsOf(services.mysql!);
  expect(Object.keys(config)).toHaveLength(4);
  await using mysql = await startMysql({ config: { ...config, "log-bin": "binlog", "server-id": "1" } });
  const findings = await examineMysql(mysql.url);
  expect(findings.filter(({ level }) => level !== "ok")).toMatchObject([
    { check: "migrations", level: "warn" },
  ]);
});
