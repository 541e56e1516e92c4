import type { z } from "zod";
import * as value from "./values.ts";

export interface Setting {
  /** The environment variable. */
  readonly name: string;
  readonly schema: z.ZodType<unknown, string>;
  /** The text that stands for an absent variable; a setting without one is absent by default. */
  readonly default?: string;
  /** What it does, for --help and the documentation. */
  readonly prose: string;
  /** Never shown; can also come from a file named by <NAME>_FILE. */
  readonly secret?: true;
}

/** Every setting there is, by its name in the code. Help, documentation, checks and types come from here. */
export const settings = {
  port: {
    name: "PORT",
    schema: value.wholeNumber(0, 65_535),
    default: "8080",
    prose: "The port to listen on; 0 takes any that is free.",
  },
  host: {
    name: "HOST",
    schema: value.plainText,
    default: "127.0.0.1",
    prose: "The address to listen on; 0.0.0.0 or :: for every one of the machine.",
  },
  redisUrl: {
    name: "REDIS_URL",
    schema: value.redisUrl,
    prose:
      "Redis, which decides: redis://host:6379, or two or more nodes of a Redis Cluster with commas between, by which the others are found. Without it and MYSQL_URL one process does everything, with its data in ALLOT_DATA.",
    secret: true,
  },
  mysqlUrl: {
    name: "MYSQL_URL",
    schema: value.mysqlUrl,
    prose: "MySQL or MariaDB, which remembers. Goes together with REDIS_URL.",
    secret: true,
  },
  dataDir: {
    name: "ALLOT_DATA",
    schema: value.plainText,
    default: "./data",
    prose: "The directory of the embedded database and of its master key. Not used with MYSQL_URL.",
  },
  masterKey: {
    name: "ALLOT_MASTER_KEY",
    schema: value.masterKey,
    prose:
      "32 bytes in base64 (openssl rand -base64 32) that wrap every other key. Required with MYSQL_URL; without it one is made in ALLOT_DATA.",
    secret: true,
  },
  masterKeyOld: {
    name: "ALLOT_MASTER_KEY_OLD",
    schema: value.masterKey,
    prose:
      "The master key that ALLOT_MASTER_KEY takes the place of, until `allot keys rewrap` is done and every server restarted (docs/security.md).",
    secret: true,
  },
  auth: {
    name: "ALLOT_AUTH",
    schema: value.oneOf("auto", "keys", "none"),
    default: "auto",
    prose:
      "Who may call: keys (an API key or a token for every call), none (everybody) or auto (everybody while HOST is this machine's loopback and there is neither an API key yet nor ALLOT_JWT_ISSUER, else keys).",
  },
  jwtIssuer: {
    name: "ALLOT_JWT_ISSUER",
    schema: value.plainText,
    prose:
      "Whose tokens (JWTs) are taken beside API keys: what their claim iss says. A token's user may take for itself alone. Goes together with ALLOT_JWT_AUDIENCE and ALLOT_JWKS_URL.",
  },
  jwtAudience: {
    name: "ALLOT_JWT_AUDIENCE",
    schema: value.plainText,
    prose: "What the claim aud of tokens must name: this service.",
  },
  jwksUrl: {
    name: "ALLOT_JWKS_URL",
    schema: value.keysUrl,
    prose:
      "Where the issuer publishes the public keys of its tokens (JWKS), such as https://login.example/.well-known/jwks.json, or a file as file:///etc/allot/jwks.json.",
  },
  jwtRoleClaim: {
    name: "ALLOT_JWT_ROLE_CLAIM",
    schema: value.plainText,
    prose:
      "The claim by which a token is a service's instead of a user's: manager, issuer, redeemer or viewer, alone or in a list. Without it all tokens are users'.",
  },
  managerNetworks: {
    name: "ALLOT_MANAGER_NETWORKS",
    schema: value.networks,
    prose:
      "Networks such as 10.1.0.0/16, with commas between, from which managers' methods may be called, whatever the key; from everywhere where it is absent. Behind proxies set ALLOT_TRUSTED_PROXIES too.",
  },
  partitions: {
    name: "ALLOT_PARTITIONS",
    schema: value.wholeNumber(1, 1_024),
    default: "16",
    prose:
      "Over how many parts of Redis campaigns are spread; on a cluster several times the masters it may ever have. Fixed once data is there.",
  },
  corsOrigins: {
    name: "ALLOT_CORS_ORIGINS",
    schema: value.origins,
    prose: "Web origins whose pages may call this server, such as https://shop.example, with commas between.",
  },
  tlsCert: {
    name: "ALLOT_TLS_CERT",
    schema: value.plainText,
    prose: "A PEM file with the certificate and its chain. With ALLOT_TLS_KEY the port speaks TLS.",
  },
  tlsKey: {
    name: "ALLOT_TLS_KEY",
    schema: value.plainText,
    prose: "A PEM file with the certificate's private key.",
  },
  logLevel: {
    name: "ALLOT_LOG_LEVEL",
    schema: value.oneOf("fatal", "error", "warn", "info", "debug", "trace"),
    default: "info",
    prose: "The least important messages to log. User ids are left out at info and above.",
  },
  drain: {
    name: "ALLOT_DRAIN",
    schema: value.onOrOff,
    default: "on",
    prose:
      "Whether `allot serve` also moves what was given out into MySQL. Off where `allot drain` runs by itself.",
  },
  requestTimeoutMs: {
    name: "ALLOT_REQUEST_TIMEOUT_MS",
    schema: value.wholeNumber(100, 600_000),
    default: "10000",
    prose: "Milliseconds from a request's headers to its answer; past them the answer is DEADLINE_EXCEEDED.",
  },
  maxMessageBytes: {
    name: "ALLOT_MAX_MESSAGE_BYTES",
    schema: value.wholeNumber(1_024, 64 * 1024 * 1024),
    default: "65536",
    prose: "The largest request message, after decompression; of IssueCoupons 16 times as much.",
  },
  maxStreams: {
    name: "ALLOT_MAX_STREAMS",
    schema: value.wholeNumber(1, 100_000),
    default: "128",
    prose: "Calls at a time on one HTTP/2 connection.",
  },
  maxQueue: {
    name: "ALLOT_MAX_QUEUE",
    schema: value.wholeNumber(1, 10_000_000),
    default: "20000",
    prose:
      "Requests for coupons waiting per partition, and as many redemptions waiting for the ledger; past them the answer is UNAVAILABLE (OVERLOADED) at once.",
  },
  wrongCodesPerMinute: {
    name: "ALLOT_WRONG_CODES_PER_MINUTE",
    schema: value.wholeNumber(1, 1_000_000),
    default: "60",
    prose:
      "Wrong coupon and ticket codes a minute from one user or address, ten times as many from one API key or service's token; past them the answer is RATE_LIMITED.",
  },
  ratePerKey: {
    name: "ALLOT_RATE_PER_KEY",
    schema: value.rate,
    prose:
      "Calls a second from one API key or service's token, such as 500, or 500/2000 with a burst; past them the answer is RATE_LIMITED. IssueCoupons counts as many calls as it has requests. Each process counts for itself. Without it there is no limit.",
  },
  ratePerUser: {
    name: "ALLOT_RATE_PER_USER",
    schema: value.rate,
    prose:
      "Calls a second from one user's token, and from services for one user (user_id) of what users may call themselves, batches aside.",
  },
  ratePerAddress: {
    name: "ALLOT_RATE_PER_ADDRESS",
    schema: value.rate,
    prose:
      "Calls a second from one address (IPv6: one /64) by users, on an open server by everybody, and without good credentials. Behind proxies set ALLOT_TRUSTED_PROXIES too.",
  },
  outboxMaxBytes: {
    name: "ALLOT_OUTBOX_MAX_BYTES",
    schema: value.wholeNumber(1_048_576, 1_099_511_627_776),
    default: "268435456",
    prose:
      "Bytes of Redis per partition for what is not yet in MySQL; past them the answer is UNAVAILABLE (LEDGER_BEHIND).",
  },
  trustedProxies: {
    name: "ALLOT_TRUSTED_PROXIES",
    schema: value.networks,
    prose:
      "Networks of your proxies, such as 10.0.0.0/8, with commas between. Only their X-Forwarded-For is believed, from the right up to the first address that is not theirs.",
  },
} as const satisfies Record<string, Setting>;

type Settings = typeof settings;

type ValueOf<S extends Setting> = S extends { readonly default: string }
  ? z.output<S["schema"]>
  : z.output<S["schema"]> | undefined;

/** All settings, checked. */
export type Config = { readonly [K in keyof Settings]: ValueOf<Settings[K]> };
