import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ConfigError, describeSettings, type Environment, loadConfig, settingsMarkdown } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "allot-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function problemsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
}

const key = Buffer.alloc(32, 7);
const servers = { REDIS_URL: "redis://127.0.0.1:6379", MYSQL_URL: "mysql://allot:pw@127.0.0.1/allot" };

test("with nothing set, an embedded server on this machine's port 8080", () => {
  const config = loadConfig({});
  for (const secret of [config.redisUrl, config.mysqlUrl, config.masterKey]) expect(secret).toBeUndefined();
  expect(config).toMatchObject({
    port: 8080,
    host: "127.0.0.1",
    dataDir: "./data",
    auth: "auto",
    drain: true,
    requestTimeoutMs: 10_000,
    maxMessageBytes: 65_536,
    outboxMaxBytes: 268_435_456,
  });
});

test("an empty variable is an absent one", () => {
  expect(loadConfig({ PORT: "", REDIS_URL: "", ALLOT_CORS_ORIGINS: "" })).toEqual(loadConfig({}));
});

test("values are read", () => {
  const config = loadConfig({
    ...servers,
    PORT: "0",
    ALLOT_MASTER_KEY: key.toString("base64"),
    ALLOT_DRAIN: "off",
    ALLOT_AUTH: "none",
    ALLOT_CORS_ORIGINS: "https://shop.example, http://localhost:3000",
    ALLOT_TRUSTED_PROXIES: "10.0.0.0/8,2001:db8::/32",
    ALLOT_RATE_PER_KEY: "500/2000",
    ALLOT_RATE_PER_USER: "0.5",
  });
  expect(config.ratePerKey).toEqual({ perSecond: 500, burst: 2_000 });
  expect(config.ratePerUser).toEqual({ perSecond: 0.5, burst: 1 });
  expect(config.ratePerAddress).toBeUndefined();
  expect(config).toMatchObject({ port: 0, masterKey: key, drain: false, auth: "none" });
  expect(config.corsOrigins).toEqual(["https://shop.example", "http://localhost:3000"]);
  expect(config.trustedProxies?.check("10.1.2.3")).toBe(true);
  expect(config.trustedProxies?.check("2001:db8::1", "ipv6")).toBe(true);
  expect(config.trustedProxies?.check("11.1.2.3")).toBe(false);
});

test.each([
  ["PORT", "http"],
  ["PORT", "65536"],
  ["PORT", "-1"],
  ["ALLOT_PARTITIONS", "0"],
  ["ALLOT_PARTITIONS", "4.5"],
  ["ALLOT_AUTH", "open"],
  ["ALLOT_DRAIN", "yes"],
  ["ALLOT_LOG_LEVEL", "loud"],
  ["ALLOT_CORS_ORIGINS", "https://shop.example/"],
  ["ALLOT_CORS_ORIGINS", "*"],
  ["ALLOT_RATE_PER_KEY", "0"],
  ["ALLOT_RATE_PER_USER", "5/0"],
  ["ALLOT_RATE_PER_ADDRESS", "5 per second"],
  ["ALLOT_TRUSTED_PROXIES", "10.0.0.0/33"],
  ["ALLOT_TRUSTED_PROXIES", "proxy.internal"],
  ["ALLOT_MANAGER_NETWORKS", "office"],
  ["ALLOT_JWKS_URL", "login.example/jwks.json"],
  ["ALLOT_JWKS_URL", "ftp://login.example/jwks.json"],
  ["ALLOT_MASTER_KEY", "c2hvcnQ="],
])("%s=%s stops the start under its name", (name, value) => {
  expect(problemsOf({ [name]: value })[0]).toMatch(new RegExp(`^${name} .+`));
});

test.each([
  ["REDIS_URL", "localhost:6379"],
  ["REDIS_URL", "http://localhost"],
  ["REDIS_URL", "redis://a:6379,"],
  ["REDIS_URL", "redis://a:6379/0,redis://b:6379/1"],
  ["MYSQL_URL", "mysql://root@127.0.0.1"],
  ["MYSQL_URL", "postgres://127.0.0.1/allot"],
])("%s=%s is no such URL", (name, value) => {
  const others = { ...servers, ALLOT_MASTER_KEY: key.toString("base64") };
  expect(problemsOf({ ...others, [name]: value })).toEqual([
    expect.stringMatching(`^${name} must look like`),
  ]);
});

test("a cluster's seed nodes and TLS are URLs of Redis", () => {
  const env = { ...servers, ALLOT_MASTER_KEY: key.toString("base64") };
  for (const url of ["redis://a:7000,redis://b:7000", "rediss://user:pw@a:6380/0"]) {
    expect(loadConfig({ ...env, REDIS_URL: url }).redisUrl).toBe(url);
  }
});

test("every problem is told at once", () => {
  expect(
    problemsOf({ PORT: "x", ALLOT_AUTH: "x", REDIS_URL: servers.REDIS_URL, ALLOT_TLS_KEY: "nowhere" }),
  ).toEqual([
    expect.stringMatching(/^PORT /),
    expect.stringMatching(/^ALLOT_AUTH /),
    expect.stringMatching(/^MYSQL_URL is missing/),
    expect.stringMatching(/^ALLOT_TLS_CERT is missing/),
    expect.stringMatching(/^ALLOT_TLS_KEY names nowhere.*ENOENT/),
  ]);
});

test("what tokens are checked by goes together", () => {
  const tokens = {
    ALLOT_JWT_ISSUER: "https://login.example/",
    ALLOT_JWT_AUDIENCE: "allot",
    ALLOT_JWKS_URL: "file:///etc/allot/jwks.json",
  };
  expect(loadConfig({ ...tokens, ALLOT_JWT_ROLE_CLAIM: "role" })).toMatchObject({
    jwtIssuer: "https://login.example/",
    jwksUrl: new URL("file:///etc/allot/jwks.json"),
  });
  for (const name of Object.keys(tokens)) {
    expect(problemsOf({ ...tokens, [name]: "" })).toEqual([expect.stringMatching(`^${name} is missing`)]);
  }
  expect(problemsOf({ ALLOT_JWT_ROLE_CLAIM: "role" })).toHaveLength(3);
});

test("Redis and MySQL go together, and need a master key", () => {
  expect(problemsOf({ MYSQL_URL: servers.MYSQL_URL })).toEqual([
    expect.stringMatching(/^REDIS_URL is missing/),
    expect.stringMatching(/^ALLOT_MASTER_KEY is missing/),
  ]);
  expect(problemsOf(servers)).toEqual([expect.stringMatching(/^ALLOT_MASTER_KEY is missing/)]);
});

test("secrets can come from files, but not from both", () => {
  const path = file("key", `${key.toString("base64")}\n`);
  const env = {
    REDIS_URL_FILE: file("redis", "redis://r"),
    MYSQL_URL_FILE: file("mysql", "mysql://m/allot\n"),
  };
  expect(loadConfig({ ...env, ALLOT_MASTER_KEY_FILE: path })).toMatchObject({
    redisUrl: "redis://r",
    mysqlUrl: "mysql://m/allot",
    masterKey: key,
  });
  expect(problemsOf({ ALLOT_MASTER_KEY: key.toString("base64"), ALLOT_MASTER_KEY_FILE: path })).toEqual([
    expect.stringMatching(/^ALLOT_MASTER_KEY and ALLOT_MASTER_KEY_FILE are both set/),
  ]);
  expect(problemsOf({ ALLOT_MASTER_KEY_FILE: "nowhere" })).toEqual([
    expect.stringMatching(/nowhere.*ENOENT/),
  ]);
});

test("no message repeats a secret", () => {
  const secret = "hunter2hunter2";
  const env = {
    REDIS_URL: `redis:/${secret}`,
    MYSQL_URL: `mysql://u:${secret}@h`,
    ALLOT_MASTER_KEY: secret,
  };
  expect(problemsOf(env)).toHaveLength(3);
  expect(problemsOf(env).join("\n")).not.toContain(secret);
});

test("every setting is described, and secrets with their files", () => {
  const table = settingsMarkdown();
  for (const { name, prose } of describeSettings()) {
    expect(prose).toMatch(/\.$/);
    for (const part of name.split(", ")) expect(table).toContain(`\`${part}\``);
  }
  expect(table).toContain("`REDIS_URL_FILE`");
  expect(
    table
      .trim()
      .split("\n")
      .every((line) => line.split(/(?<!\\)\|/).length === 5),
  ).toBe(true);
});

test("an old master key is not enough", () => {
  const old = key.toString("base64");
  expect(problemsOf({ ALLOT_MASTER_KEY_OLD: old })).toEqual([
    "ALLOT_MASTER_KEY is missing: the one that takes the place of ALLOT_MASTER_KEY_OLD.",
  ]);
  expect(problemsOf({ ALLOT_MASTER_KEY: old, ALLOT_MASTER_KEY_OLD_FILE: file("old-key", old) })).toEqual([]);
});
