import { banUsers } from "./bans.ts";
import {
  type CountingColumn,
  countUp,
  readColumn,
  set,
  split,
  stampBytes,
  writeColumn,
  ZERO,
} from "./column.ts";
import { type Call, nowOf } from "./prelude.ts";
import { markReleased } from "./release.ts";

/** See src/store/redis/functions/arm.lua for all of these. */
export function state(call: Call): string[] {
  const { data, live, keys } = call;
  const [fence, outbox] = keys as [string, string];
  const stored = data.hmget(fence, ["epoch", "n", "arming", "clock", "total", "trimmed"]);
  const mine = live.get(fence);
  const [first] = data.xrange(outbox, { epoch: 0, n: 0 }, 1);
  return [
    stored[0] ?? "",
    stored[1] ?? "0",
    stored[2] ?? "0",
    mine ? mine.epoch : "",
    `${mine ? mine.n : 0}`,
    `${nowOf(call, fence, Number(stored[3] ?? 0))}`,
    `${Number(stored[4] ?? 0) - Number(stored[5] ?? 0)}`,
    `${data.xlen(outbox)}`,
    first ? first.fields[1]! : "",
  ];
}

export function begin({ data, live, restoring, keys, args }: Call): string[] {
  const key = keys[0]!;
  const highest = Math.max(...data.hmget(key, ["epoch", "arming"]).map((epoch) => Number(epoch ?? 0)));
  if (Number(args[0]) <= highest) return ["behind", `${highest}`];
  data.hset(key, "arming", args[0]!, "step", "0");
  live.delete(key);
  restoring.set(key, { epoch: args[0]!, step: 0 });
  return ["ok"];
}

/** One step on, if all before it were taken in this process. */
function isArming({ data, restoring, keys, args }: Call): boolean {
  const [epoch, step] = data.hmget(keys[0]!, ["arming", "step"]);
  const mine = restoring.get(keys[0]!);
  if (!mine || mine.epoch !== args[0] || epoch !== args[0] || Number(step) !== mine.step) return false;
  mine.step++;
  data.hset(keys[0]!, "step", `${mine.step}`);
  return true;
}

/** A Function that only the epoch that began may call. */
function armed(work: (call: Call) => void): (call: Call) => string[] {
  return (call) => {
    if (!isArming(call)) return ["overtaken"];
    work(call);
    return ["ok"];
  };
}

export const clear = armed(({ data, keys }) => data.unlink(...keys.slice(1)));

export const reset = armed(({ data, keys, args }) => {
  const key = keys[1]!;
  const sealed = Math.max(Number(data.hget(key, "sealed") ?? 0), Number(args[1]));
  data.unlink(key);
  data.hset(key, ...args.slice(2));
  if (sealed > 0) data.hset(key, "sealed", `${sealed}`);
});

export const restore = armed(({ data, keys, args }) => {
  const stamp = stampBytes(args[1] === "1");
  const count = args[2]!.length / stamp;
  const stamps = new Map(split(args[2]!, stamp, count).entries());
  if (args[3] !== "") {
    const requests = readColumn(data, keys[1]!, args[3]!, count, new Map(), []);
    const fields = split(args[4]!, 8, count);
    requests.keys.forEach((key, i) => {
      if (key !== ZERO) set(requests, key, fields[i]! + stamps.get(i)!);
    });
    writeColumn(data, requests);
  }
  keys.slice(2).forEach((hash, r) => {
    const [remembers, expiry, text] = args.slice(5 + 3 * r, 8 + 3 * r) as [string, string, string];
    const column = readColumn(data, hash, text, count, new Map(), []);
    const rule: CountingColumn = { ...column, remembers: remembers === "1", stamp };
    countUp(rule, 0, count, stamps);
    writeColumn(data, rule);
    if (expiry !== "0") data.expireAt(hash, Number(expiry));
  });
});

export const released = armed(({ data, keys, args }) => markReleased(data, keys[1]!, args.slice(1)));

export const bans = armed((call) => {
  if (call.args[1] === "1") call.data.unlink(call.keys[1]!);
  banUsers(call, call.args.slice(2));
});

export function arm(call: Call): string[] {
  const { data, live, restoring, keys, args } = call;
  const [fence, outbox] = keys as [string, string];
  const epoch = args[0]!;
  if (!isArming(call)) return ["overtaken"];
  if (data.xlen(outbox) > 0) return ["undrained"];
  const now = nowOf(call, fence, Math.max(Number(data.hget(fence, "clock") ?? 0), Number(args[1])));
  data.hset(fence, "epoch", epoch, "n", "0", "clock", `${now}`, "total", "0", "trimmed", "0");
  data.hdel(fence, "arming");
  data.hdel(fence, "step");
  restoring.delete(fence);
  live.set(fence, { epoch, n: 0, clock: now });
  return ["ok"];
}

export function trim({ data, keys, args }: Call): string[] {
  const [fence, outbox] = keys as [string, string];
  const removed = data.xtrim(outbox, { epoch: Number(args[0]), n: Number(args[1]) + 1 });
  const [epoch, trimmed] = data.hmget(fence, ["epoch", "trimmed"]);
  if (epoch === args[0] && Number(args[2]) > Number(trimmed)) data.hset(fence, "trimmed", args[2]!);
  return ["ok", `${removed}`];
}
