import { BlockList, isIP } from "node:net";
import { z } from "zod";

/** Each schema turns a variable's text into a value; its messages complete the sentence "<NAME> …" and say what to do. */

function text<T>(parse: (value: string) => T | undefined, problem: string) {
  return z.string().transform((value, context) => {
    const parsed = parse(value.trim());
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  });
}

export function wholeNumber(least: number, most: number) {
  return text((value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  }, `must be a whole number from ${least} to ${most}`);
}

export function oneOf<const T extends string>(...choices: readonly T[]) {
  return text(
    (value) => choices.find((choice) => choice === value),
    `must be ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`,
  );
}

/** Calls a second, and how many at once after a pause; without the second number as many as in a second. */
export const rate = text((value) => {
  const [, second = "", burst] = /^(\d{1,7}(?:\.\d{1,3})?)(?:\/(\d{1,7}))?$/.exec(value) ?? [];
  const perSecond = Number(second);
  const most = burst === undefined ? Math.max(Math.ceil(perSecond), 1) : Number(burst);
  return perSecond > 0 && most >= 1 ? { perSecond, burst: most } : undefined;
}, "must be calls a second such as 5 or 0.5, and a burst behind a slash where it is not that of a second, as in 5/20");

export const onOrOff = text((value) => ({ on: true, off: false })[value], "must be on or off");

export const plainText = text((value) => value || undefined, "must not be empty: leave it out instead");

/**
 * Redis by one URL, or a cluster's seed nodes by several with commas between: each is a URL that every Redis client takes, and a list is what
 * their cluster clients are made from.
 */
export const redisUrl = text((value) => {
  const urls = value.split(",").map((part) => URL.parse(part.trim()));
  const isRedis = (url: URL | null) => url?.hostname && ["redis:", "rediss:"].includes(url.protocol);
  const isFirstDatabase = (url: URL | null) => /^\/?0?$/.test(url!.pathname);
  return urls.every(isRedis) && (urls.length === 1 || urls.every(isFirstDatabase)) ? value : undefined;
}, "must look like redis://user:password@host:6379/0 (rediss:// for TLS; a cluster's seed nodes with commas between, which have database 0 alone)");

export const mysqlUrl = text((value) => {
  const url = URL.parse(value);
  const named = url?.protocol === "mysql:" && url.hostname && /^\/[^/]+$/.test(url.pathname);
  return named ? value : undefined;
}, "must look like mysql://user:password@host:3306/database");

export const masterKey = text((value) => {
  const key = Buffer.from(value, "base64");
  return /^[A-Za-z0-9+/]{43}=$/.test(value) && key.length === 32 ? key : undefined;
}, "must be 32 bytes in base64 (44 characters): make one with `openssl rand -base64 32`");

/** Origins as browsers send them: scheme, host and port, nothing after. */
export const origins = text((value) => {
  const list = value.split(",").map((origin) => origin.trim());
  return list.every((origin) => URL.parse(origin)?.origin === origin) ? list : undefined;
}, "must be origins such as https://shop.example, with commas between; no path, no trailing slash, no *");

/** Where public keys are fetched from. */
export const keysUrl = text((value) => {
  const url = URL.parse(value);
  const named = url?.hostname ? ["http:", "https:"].includes(url.protocol) : url?.protocol === "file:";
  return url && named ? url : undefined;
}, "must look like https://login.example/.well-known/jwks.json or file:///etc/allot/jwks.json");

/** Networks and single addresses. */
export const networks = text((value) => {
  const list = new BlockList();
  for (const entry of value.split(",")) {
    const [address = "", prefix, ...rest] = entry.trim().split("/");
    const version = isIP(address);
    const bits = version === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (version === 0 || rest.length > 0 || !(length <= bits)) return undefined;
    list.addSubnet(address, length, version === 6 ? "ipv6" : "ipv4");
  }
  return list;
}, "must be networks such as 10.0.0.0/8 or fd00::/8, with commas between");
