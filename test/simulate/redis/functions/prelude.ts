import type { Keyspace } from "../keyspace.ts";

/** What a process knows by itself of one partition; see src/store/redis/functions/prelude.lua. */
export interface Live {
  epoch: string;
  n: number;
  clock: number;
}

/** The same of an arming under way; see arm.lua. */
export interface Restoring {
  epoch: string;
  step: number;
}

/** One call of a Function: the data, the process's locals by fence key, and TIME. */
export interface Call {
  data: Keyspace;
  live: Map<string, Live>;
  restoring: Map<string, Restoring>;
  timeMs: number;
  keys: string[];
  args: string[];
}

export interface Fence {
  epoch: string;
  n: number;
  now: number;
  total: number;
  trimmed: number;
  bans: number;
}

/** The Function's own error, which a client gets as an error reply. */
export class FunctionError extends Error {
  override name = "FunctionError";
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new FunctionError(message);
}

export function nowOf({ live, timeMs }: Call, key: string, storedClock: number): number {
  return Math.max(timeMs, storedClock, live.get(key)?.clock ?? 0);
}

/** The fence, or the reply that says why not. */
export function guard(call: Call): Fence | string[] {
  const [key, epoch] = [call.keys[0]!, call.args[0]!];
  const stored = call.data.hmget(key, ["epoch", "n", "clock", "total", "trimmed", "bans"]);
  const mine = call.live.get(key);
  if (!mine || stored[0] !== mine.epoch || Number(stored[1]) !== mine.n) return ["unarmed"];
  if (epoch !== mine.epoch) return ["other-epoch", mine.epoch];
  const now = nowOf(call, key, Number(stored[2]));
  mine.clock = now;
  return {
    epoch,
    n: mine.n,
    now,
    total: Number(stored[3]),
    trimmed: Number(stored[4]),
    bans: Number(stored[5] ?? 0),
  };
}

/** One outbox entry, and the fence moved with it; `fields` are names and values. */
export function append(call: Call, outbox: string, fence: Fence, fields: string[], size: number): number {
  const key = call.keys[0]!;
  const n = fence.n + 1;
  const total = fence.total + size;
  call.data.xadd(outbox, Number(fence.epoch), n, ["t", `${fence.now}`, "c", `${total}`, ...fields]);
  call.data.hset(key, "n", `${n}`, "clock", `${fence.now}`, "total", `${total}`);
  call.live.get(key)!.n = n;
  return n;
}
